// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <optional>

namespace featurescope {

/// What taking one feature's contribution f·W_dec[f] out of a site's values, all else left as the
/// model has it, does to the model. Means over the predicted tokens.
struct FeatureAblation {
  FeatureId feature;
  std::int64_t activeTokens = 0;
  double lossChange = 0;  ///< ablated − base, nats
  double divergence = 0;  ///< KL(base ‖ ablated) of the next token's distribution, nats
  /// The same where the feature is active at the token that predicts; nothing where it never is.
  std::optional<double> lossChangeWhereActive, divergenceWhereActive;
};

}  // namespace featurescope
