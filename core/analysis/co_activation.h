// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/activation_sample.h"
#include "core/analysis/feature_statistics.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace featurescope {

/// How often two features fire together.
struct CoActivation {
  FeatureId feature;    ///< the other one
  double together = 0;  ///< tokens that activate both
  double jaccard = 0;   ///< together / tokens that activate one of them at least
  double pearson = 0;   ///< correlation of their values over all tokens, zeros included
  bool exact = false;   ///< otherwise estimated, as CoActivations says
};

/// Co-activation of all pairs of features from their samples alone: memory in the number of
/// features times the sample's size, not in tokens or pairs.
///
/// Two features' samples hold every position that comes before some key τ in the one sampling order
/// and activates either, τ being the smaller of the keys at which their samples end. Among these
/// positions (n, never fewer than the sample's size less one) the share that activates both
/// estimates the Jaccard index J with standard error √(J(1−J)/n), however rare the features are
/// (Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007). From J and the exact
/// counts A and B follow the tokens together, J(A+B)/(1+J), and with the sampled mean of the
/// products there and the exact sums the correlation. Where no sample is partial, all of this is
/// exact.
class CoActivations {
 public:
  CoActivations(const ActivationSample& sample, const FeatureStatistics& statistics);

  /// The other features that meet this one in the samples and are among its `count` strongest by
  /// Jaccard index or by correlation, by id. Equal ones are told apart by id.
  [[nodiscard]] std::vector<CoActivation> strongest(FeatureId feature, std::int64_t count);

 private:
  static constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max();

  /// One feature at a drawn position.
  struct Member {
    std::int32_t feature = 0;
    float value = 0;
  };
  struct Meeting {
    std::int64_t positions = 0;
    double products = 0;
  };

  [[nodiscard]] std::int64_t drawnBefore(std::size_t feature, std::uint64_t bound) const;
  [[nodiscard]] CoActivation measure(std::size_t feature, std::size_t other,
                                     const Meeting& meeting) const;

  const FeatureStatistics& statistics_;
  std::vector<std::uint64_t> keys_;          ///< of every drawn position, ascending
  std::vector<std::size_t> memberStarts_;    ///< by drawn position
  std::vector<Member> members_;              ///< by drawn position, then feature
  std::vector<std::size_t> positionStarts_;  ///< by feature
  std::vector<std::uint32_t> positions_;     ///< by feature: its drawn positions, in order
  std::vector<std::uint64_t> bounds_;        ///< by feature: all its positions before are drawn
  std::vector<Meeting> meetings_;            ///< by other feature, while one is looked at
};

}  // namespace featurescope
