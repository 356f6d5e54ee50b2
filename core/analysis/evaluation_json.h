// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluate.h"
#include "core/base/json.h"

#include <optional>
#include <string_view>
#include <vector>

namespace featurescope {

/// The JSON of the verb `evaluate` (contract).
[[nodiscard]] nlohmann::ordered_json toJson(const EvaluateReport& report);

/// What that JSON says of layers: losses in nats a predicted token.
struct LayerLosses {
  double base = 0;  ///< the model as it is
  std::vector<EvaluateReport::AtLayer> layers;
  std::optional<Layer> trained;  ///< the layer that the SAE was trained on, where it says so
};

/// Of evaluate's JSON. One layer's evaluation (no `layers`) has none. Throws UserError{BadFile}
/// that starts with `what`.
[[nodiscard]] LayerLosses layerLossesFromJson(const Json& evaluation, std::string_view what);

}  // namespace featurescope
