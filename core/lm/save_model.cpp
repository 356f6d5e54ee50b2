// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/lm/language_model_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"

namespace featurescope {

void saveLanguageModel(const std::filesystem::path& folder, const LanguageModel& model,
                       at::ScalarType dtype) {
  const at::NoGradGuard noGrad;
  NeoxWeights weights = model.weights();
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : weights.named()) {
    tensors.push_back({name, fromTorch(tensor->to(dtype))});
  }
  NeoxConfig config = model.config();
  config.torchDtype = torchName(dtype);
  std::filesystem::create_directories(folder);
  // transformers insists on being told the framework.
  writeSafetensors(folder / "model.safetensors", tensors, {{"format", "pt"}});
  writeJson(folder / "config.json", config.toJson());
}

}  // namespace featurescope
