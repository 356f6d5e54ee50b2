// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/activation_sample.h"

#include <algorithm>
#include <numeric>

namespace featurescope {

ActivationSample::ActivationSample(std::int64_t features, std::int64_t size, std::uint64_t seed)
    : size_(static_cast<std::size_t>(size)),
      order_(seed),
      heaps_(static_cast<std::size_t>(features)) {}

void ActivationSample::add(const SparseCode& code, Position first) {
  const auto isEarlier = [this](const Activation& a, const Activation& b) {
    return order_.key(a.position) < order_.key(b.position);
  };
  for (std::int64_t row = 0; row < code.rows(); ++row) {
    const Position position = first + row;
    const std::uint64_t key = order_.key(position);
    const auto begin = static_cast<std::size_t>(code.indptr[static_cast<std::size_t>(row)]);
    const auto end = static_cast<std::size_t>(code.indptr[static_cast<std::size_t>(row) + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      Heap& heap = heaps_[static_cast<std::size_t>(code.indices[i])];
      if (heap.entries.size() == size_) {
        heap.refused = true;
        if (key >= heap.bound) continue;
        std::ranges::pop_heap(heap.entries, isEarlier);
        heap.entries.back() = {code.values[i], position};
      } else {
        heap.entries.push_back({code.values[i], position});
      }
      std::ranges::push_heap(heap.entries, isEarlier);
      if (heap.entries.size() == size_) heap.bound = order_.key(heap.entries.front().position);
    }
  }
}

std::vector<ActivationSample::Activation> ActivationSample::drawn(FeatureId feature) const {
  auto activations = heaps_[static_cast<std::size_t>(feature.value)].entries;
  std::ranges::sort(activations, {},
                    [this](const Activation& a) { return order_.key(a.position); });
  return activations;
}

bool ActivationSample::isPartial(FeatureId feature) const {
  return heaps_[static_cast<std::size_t>(feature.value)].refused;
}

std::vector<std::vector<ActivationSample::Activation>> equalCountGroups(
    std::span<const ActivationSample::Activation> drawn, std::int64_t groups,
    std::int64_t perGroup) {
  std::vector<std::size_t> ranked(drawn.size());
  std::iota(ranked.begin(), ranked.end(), 0);
  std::ranges::sort(ranked, [&](std::size_t a, std::size_t b) {
    return TopActivations::isStronger(drawn[a], drawn[b]);
  });
  std::vector<std::vector<ActivationSample::Activation>> result(static_cast<std::size_t>(groups));
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t begin = std::ssize(drawn) * group / groups;
    const std::int64_t end = std::ssize(drawn) * (group + 1) / groups;
    const std::int64_t kept = std::min(perGroup, end - begin);
    // Indices into `drawn` are the order of drawing.
    std::ranges::partial_sort(ranked.begin() + begin, ranked.begin() + begin + kept,
                              ranked.begin() + end);
    auto& members = result[static_cast<std::size_t>(group)];
    members.reserve(static_cast<std::size_t>(kept));
    for (std::int64_t i = begin; i < begin + kept; ++i) {
      members.push_back(drawn[ranked[static_cast<std::size_t>(i)]]);
    }
    std::ranges::sort(members, TopActivations::isStronger);
  }
  return result;
}

}  // namespace featurescope
