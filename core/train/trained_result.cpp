// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/version.h"
#include "core/sae/autoencoder_torch.h"
#include "core/train/trained_result_torch.h"

#include <fmt/format.h>

#include <string>

namespace featurescope {

namespace {

/// The model's folder's name, "." and a trailing slash resolved.
std::string modelName(const std::filesystem::path& folder) {
  return std::filesystem::absolute(folder / ".").lexically_normal().parent_path().filename();
}

}  // namespace

TrainedAutoencoder scaledBack(TrainedAutoencoder trained, double sigma) {
  if (sigma == 1) return trained;
  AutoencoderParameters& parameters = trained.parameters;
  for (at::Tensor* scaled :
       {&parameters.b_enc, &parameters.b_dec, &parameters.threshold, &parameters.b_mag}) {
    if (scaled->defined()) *scaled = scaled->mul(sigma);
  }
  return trained;
}

void saveTrained(const std::filesystem::path& folder, const TrainedAutoencoder& trained,
                 const TrainSettings& settings, const TrainMetrics& last) {
  CheckpointOrigin origin;
  origin.context = settings.corpus.context;
  if (!settings.model.empty()) {
    origin.modelName = modelName(settings.model);
    origin.hookName = settings.site.moduleName();
  }
  origin.extra = {{"trained_by", fmt::format("featurescope {}", programVersion())},
                  {"training_architecture", name(settings.architecture)},
                  {"l1_coefficient", last.l1Coefficient},
                  {"training_tokens", last.tokens}};
  saveSaeLens(folder, trained.parameters, origin, trained.activation);
}

}  // namespace featurescope
