// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/context_loss.h"

#include <cstdint>
#include <optional>
#include <span>

namespace featurescope {

/// The quantile `share` (0 to 1) of values that are sorted and not none, linear between neighbours:
/// numpy's default, number 7 of Hyndman and Fan 1996.
[[nodiscard]] double quantile(std::span<const double> sorted, double share);

/// An estimate with its 95 % confidence interval.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

/// The share of the loss recovered, against both ablations; nothing where ablating costs nothing.
struct RecoveredLoss {
  std::optional<Estimate> zero, mean;
};

/// Intervals by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13): contexts are
/// drawn with replacement, as many as there are, 2000 times; contexts and not tokens, because the
/// tokens of one are not independent. The same seed gives the same intervals.
[[nodiscard]] RecoveredLoss recoveredLoss(std::span<const ContextLoss> contexts,
                                          std::uint64_t seed);

}  // namespace featurescope
