// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/sampling_order.h"
#include "core/analysis/top_activations.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// A uniform random sample of every feature's activations over a stream: the `size` (at least 1) at
/// the positions that come first in the sampling order, all where there are no more. 16 bytes each,
/// for those that exist.
/// All features share one order, so the samples of two features meet where both fire: they are the
/// bottom-k sketches from which co-activation is estimated (core/analysis/co_activation.h).
class ActivationSample {
 public:
  using Activation = TopActivations::Activation;

  ActivationSample(std::int64_t features, std::int64_t size, std::uint64_t seed);

  void add(const CodeByFeature& columns);

  [[nodiscard]] std::int64_t features() const { return std::ssize(samples_); }
  [[nodiscard]] const SamplingOrder& order() const { return order_; }
  /// In sampling order: any first few of them are a uniform sample themselves.
  [[nodiscard]] std::vector<Activation> drawn(FeatureId feature) const;
  /// Whether the feature has activations that were not drawn.
  [[nodiscard]] bool isPartial(FeatureId feature) const;

 private:
  /// An activation by its position's key, which orders it and tells the position.
  struct Drawn {
    std::uint64_t key = 0;
    float value = 0;
  };
  struct Sample {
    std::vector<Drawn> drawn;  ///< in no order
    bool partial = false;
  };

  std::size_t size_;
  SamplingOrder order_;
  std::vector<Sample> samples_;  ///< by feature
};

/// Equal-count quantiles of a feature's activations, strongest first: `drawn`, ranked as top
/// activations are, is cut into `groups` of equal count, and of each the `perGroup` that come first
/// in the order of `drawn` are kept, in rank order. Group q holds the ranks [n·q/groups,
/// n·(q+1)/groups) of the n drawn, so it is empty only where n < groups.
[[nodiscard]] std::vector<std::vector<ActivationSample::Activation>> equalCountGroups(
    std::span<const ActivationSample::Activation> drawn, std::int64_t groups,
    std::int64_t perGroup);

}  // namespace featurescope
