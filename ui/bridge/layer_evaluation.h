// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace featurescope {

/// What an evaluation's JSON says of layers: losses in nats a predicted token.
struct LayerEvaluation {
  std::filesystem::path file;
  double base = 0;  ///< the model as it is
  std::vector<int> layers;
  std::vector<double> sae, zero;  ///< by layer: with the SAE, with zeros in the site's place
  std::optional<int> trained;     ///< the layer that the SAE was trained on
};

/// The two below read files: not for the GUI thread. This one throws UserError{NotFound, BadFile}.
[[nodiscard]] LayerEvaluation readLayerEvaluation(const std::filesystem::path& file);
/// The JSON files in a folder, by name; none where there is no folder.
[[nodiscard]] std::vector<std::filesystem::path> evaluationsIn(const std::filesystem::path& folder);

}  // namespace featurescope
