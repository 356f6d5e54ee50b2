// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/sampling_order.h"
#include "core/analysis/top_activations.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// A uniform random sample of every feature's activations over a stream of sparse codes: the `size`
/// at the positions that come first in the sampling order, all where there are no more. 16 bytes
/// each, for those that exist.
/// All features share one order, so the samples of two features meet where both fire: they are the
/// bottom-k sketches from which co-activation is estimated (core/analysis/co_activation.h).
class ActivationSample {
 public:
  using Activation = TopActivations::Activation;

  ActivationSample(std::int64_t features, std::int64_t size, std::uint64_t seed);

  /// Row i of `code` is the token at position first + i.
  void add(const SparseCode& code, Position first);

  [[nodiscard]] std::int64_t features() const { return std::ssize(heaps_); }
  [[nodiscard]] const SamplingOrder& order() const { return order_; }
  /// In sampling order: any first few of them are a uniform sample themselves.
  [[nodiscard]] std::vector<Activation> drawn(FeatureId feature) const;
  /// Whether the feature has activations that were not drawn.
  [[nodiscard]] bool isPartial(FeatureId feature) const;

 private:
  struct Heap {
    std::vector<Activation> entries;  ///< the last in sampling order at the front
    std::uint64_t bound = ~0ULL;      ///< the front's key once full; keys from here on are refused
    bool refused = false;
  };

  std::size_t size_;
  SamplingOrder order_;
  std::vector<Heap> heaps_;
};

/// Equal-count quantiles of a feature's activations, strongest first: `drawn`, ranked as top
/// activations are, is cut into `groups` of equal count, and of each the `perGroup` that come first
/// in the order of `drawn` are kept, in rank order. Group q holds the ranks [n·q/groups,
/// n·(q+1)/groups) of the n drawn, so it is empty only where n < groups.
[[nodiscard]] std::vector<std::vector<ActivationSample::Activation>> equalCountGroups(
    std::span<const ActivationSample::Activation> drawn, std::int64_t groups,
    std::int64_t perGroup);

}  // namespace featurescope
