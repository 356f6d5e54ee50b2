// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace featurescope {

/// What a training step's products cost here: seconds a multiply-add, all threads together.
struct ProductCosts {
  double dense = 0;    ///< float32, dense
  double rounded = 0;  ///< bfloat16, dense; 0: this machine has no fast one
  double sparse = 0;   ///< on a code's support, rows summed (decode, ∂W_dec, ∂W_enc)
  double sampled = 0;  ///< on a code's support, dot products (∂f, and what a screen leaves)
};

/// Shares of active features from which on a step is done another way.
struct StepThresholds {
  double sparseBelow = 0.15;  ///< sparse products below, dense ones from here on
  double screenBelow = 0.08;  ///< the encoder is screened below
};

/// The thresholds at which both ways cost the same. Four of a step's five products may be sparse:
/// three of summed rows, one of dot products. A screen replaces the encoder's dense product by a
/// rounded one, and computes some more entries than turn out active.
[[nodiscard]] StepThresholds thresholdsOf(const ProductCosts& costs);

/// Measures at width d and M features: a fraction of a second, some hundred MB at the paper's
/// scale.
[[nodiscard]] ProductCosts measureProductCosts(std::int64_t width, std::int64_t features);

/// The thresholds of this machine, threads and shape: measured the first time, then kept in
/// `folder` and read from there. So two runs with the same settings choose alike and end in the
/// same bits, whatever else the machine was doing. Where `folder` cannot be written nothing is
/// measured and the defaults hold, for the same reason.
[[nodiscard]] StepThresholds keptThresholds(const std::filesystem::path& folder, std::int64_t width,
                                            std::int64_t features,
                                            const std::function<ProductCosts()>& measure);

/// keptThresholds() in the user's cache ($XDG_CACHE_HOME or ~/.cache, featurescope/), measured by
/// measureProductCosts().
[[nodiscard]] StepThresholds stepThresholds(std::int64_t width, std::int64_t features);

}  // namespace featurescope
