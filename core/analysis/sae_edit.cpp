// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/sae_edit_torch.h"
#include "core/base/error.h"
#include "core/sae/finite_torch.h"

namespace featurescope {

namespace {

/// c and d as tensors where the SAE computes.
struct ScaleTensors {
  at::Tensor scale, bias;

  ScaleTensors(const FeatureScales& scales, at::Device device)
      : scale(vector(scales.scale).to(device)), bias(vector(scales.bias).to(device)) {}

 private:
  static at::Tensor vector(const std::vector<float>& values) {
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<float>());
    return tensor;
  }
};

}  // namespace

LanguageModel::Edit saeEdit(const Site& site, const Autoencoder& autoencoder,
                            const std::optional<FeatureScales>& scales, bool keepError) {
  std::optional<ScaleTensors> tensors;
  if (scales) checkFineTunable(autoencoder.info());
  if (scales) tensors.emplace(*scales, autoencoder.parameters().W_dec.device());
  return {site, [site, autoencoder, tensors, keepError](const at::Tensor& value) {
            if (!allFinite(value)) {
              throw UserError(ErrorCode::NotFinite, "cannot insert the SAE at " + site.moduleName(),
                              "an activation is not a finite number");
            }
            const at::Tensor x = value.reshape({-1, value.size(-1)}).to(at::kFloat);
            if (!tensors) {
              const at::Tensor output =
                  keepError ? x : autoencoder.decode(autoencoder.encode(x), x);
              return output.view(value.sizes()).to(value.scalar_type());
            }
            const at::Tensor z = autoencoder.preActivations(x);
            at::Tensor output = autoencoder.decode((z * tensors->scale + tensors->bias).relu(), x);
            if (keepError) output = output + (x - autoencoder.decode(z.relu(), x));
            return output.view(value.sizes()).to(value.scalar_type());
          }};
}

}  // namespace featurescope
