// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/co_activation_counts.h"
#include "core/store/index_writer.h"

#include <algorithm>
#include <cstdint>

namespace featurescope {

/// How much of each feature an index keeps. A count of 0 leaves its kind out.
struct IndexDetail {
  std::int64_t top = 50;              ///< strongest activations, at least 1
  std::int64_t quantiles = 5;         ///< groups of equally many activations
  std::int64_t quantileExamples = 5;  ///< drawn from each group
  std::int64_t samples = 20;          ///< drawn from all activations
  std::int64_t nearMisses = 10;
  std::int64_t featureTokens = 20;  ///< tokens it fires on most
  std::int64_t neighbours = 20;     ///< by each relation
  std::int64_t logitTokens = 10;    ///< promoted, and as many suppressed
  std::int64_t postingsBudget = IndexWriter::kDefaultPostingsBudget;  ///< bytes

  /// Activations drawn from each feature: a few hundred, so that co-activation, where it must be
  /// estimated from them, is right to about √(J(1−J)/256); more where more examples are asked for.
  [[nodiscard]] std::int64_t drawn() const {
    return std::max({std::int64_t{256}, samples, quantiles * quantileExamples});
  }
  /// Nothing is counted where no neighbours are asked for.
  [[nodiscard]] CoActivationCounts::Limits coActivationLimits() const {
    CoActivationCounts::Limits limits;
    if (neighbours == 0) limits.meetings = -1;
    return limits;
  }
};

/// Tokens drawn from the corpus, among which near misses are looked for.
inline constexpr std::int64_t kNearMissTokens = 8192;

}  // namespace featurescope
