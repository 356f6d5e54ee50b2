// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/top_activations.h"

#include <algorithm>

namespace featurescope {

TopActivations::TopActivations(std::int64_t features, std::int64_t count)
    : count_(static_cast<std::size_t>(count)), heaps_(static_cast<std::size_t>(features)) {}

void TopActivations::add(const SparseCode& code, Position first) {
  for (std::int64_t row = 0; row < code.rows(); ++row) {
    const auto begin = static_cast<std::size_t>(code.indptr[static_cast<std::size_t>(row)]);
    const auto end = static_cast<std::size_t>(code.indptr[static_cast<std::size_t>(row) + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      auto& heap = heaps_[static_cast<std::size_t>(code.indices[i])];
      const Activation candidate{code.values[i], first + row};
      if (heap.size() == count_) {
        // Positions grow, so a value that only equals the weakest one ranks behind it.
        if (candidate.value <= heap.front().value) continue;
        std::ranges::pop_heap(heap, isStronger);
        heap.back() = candidate;
      } else {
        heap.push_back(candidate);
      }
      std::ranges::push_heap(heap, isStronger);
    }
  }
}

std::vector<TopActivations::Activation> TopActivations::ranked(FeatureId feature) const {
  auto activations = heaps_[static_cast<std::size_t>(feature.value)];
  std::ranges::sort_heap(activations, isStronger);
  return activations;
}

}  // namespace featurescope
