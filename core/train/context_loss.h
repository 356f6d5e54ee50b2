// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace featurescope {

/// Sums over a context's predicted tokens of the negative log-likelihood, nats.
struct ContextLoss {
  std::int64_t predicted = 0;  ///< tokens: all real ones but the first
  double base = 0;             ///< the model as it is
  double sae = 0;              ///< with the replacement at the site
  double zero = 0;             ///< with zeros there
  double mean = 0;             ///< with the site's mean over the corpus' counted tokens there
};

/// The sum of all contexts; a loss is such a sum / predicted.
[[nodiscard]] ContextLoss sumOf(std::span<const ContextLoss> contexts);

/// (ablated − sae) / (ablated − base), the share of the loss that ablating the site costs which the
/// replacement keeps from being lost; nothing when ablating costs nothing.
[[nodiscard]] std::optional<double> recovered(double ablated, double sae, double base);

}  // namespace featurescope
