// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/activation_sample.h"

#include "core/analysis/first_few.h"

#include <algorithm>
#include <numeric>

namespace featurescope {

ActivationSample::ActivationSample(std::int64_t features, std::int64_t size, std::uint64_t seed)
    : size_(static_cast<std::size_t>(size)),
      order_(seed),
      samples_(static_cast<std::size_t>(features)) {}

void ActivationSample::add(const CodeByFeature& columns) {
  columns.forEachFeature([&](std::size_t feature, const CodeByFeature::Column& column) {
    Sample& sample = samples_[feature];
    sample.partial = sample.partial || sample.drawn.size() + column.rows.size() > size_;
    FirstFew first(sample.drawn, size_,
                   [](const Drawn& a, const Drawn& b) { return a.key < b.key; });
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      first.offer({order_.key(columns.first + column.rows[i]), column.values[i]});
    }
    first.keep();
  });
}

std::vector<ActivationSample::Activation> ActivationSample::drawn(FeatureId feature) const {
  auto sorted = samples_[static_cast<std::size_t>(feature.value)].drawn;
  std::ranges::sort(sorted, {}, &Drawn::key);
  std::vector<Activation> activations;
  activations.reserve(sorted.size());
  for (const auto& [key, value] : sorted) activations.push_back({value, order_.position(key)});
  return activations;
}

bool ActivationSample::isPartial(FeatureId feature) const {
  return samples_[static_cast<std::size_t>(feature.value)].partial;
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
