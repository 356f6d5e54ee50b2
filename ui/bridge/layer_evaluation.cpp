// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/layer_evaluation.h"

#include "core/analysis/evaluation_json.h"

#include <algorithm>
#include <system_error>

namespace featurescope {

LayerEvaluation readLayerEvaluation(const std::filesystem::path& file) {
  const LayerLosses losses =
      layerLossesFromJson(readJson(file), "cannot show " + file.filename().string());
  LayerEvaluation evaluation;
  evaluation.file = file;
  evaluation.base = losses.base;
  for (const auto& [layer, sae, zero] : losses.layers) {
    evaluation.layers.push_back(layer.value);
    evaluation.sae.push_back(sae);
    evaluation.zero.push_back(zero);
  }
  if (losses.trained) evaluation.trained = losses.trained->value;
  return evaluation;
}

std::vector<std::filesystem::path> evaluationsIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace featurescope
