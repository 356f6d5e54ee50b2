// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_statistics.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

FeatureStatistics::FeatureStatistics(std::int64_t features)
    : entries_(static_cast<std::size_t>(features)) {}

void FeatureStatistics::add(const CodeByFeature& columns) {
  tokens_ += std::ssize(columns.tokens);
  activations_ += columns.activations.nonZeros();
  columns.forEachFeature([this](std::size_t feature, const CodeByFeature::Column& column) {
    Entry entry = entries_[feature];
    entry.active += std::ssize(column.values);
    for (const float value : column.values) {
      entry.sum += static_cast<double>(value);
      entry.sumOfSquares += static_cast<double>(value) * static_cast<double>(value);
      entry.max = std::max(entry.max, value);
    }
    entries_[feature] = entry;
  });
}

double FeatureStatistics::meanActive(FeatureId feature) const {
  const Entry& entry = at(feature);
  return entry.active == 0 ? 0 : entry.sum / static_cast<double>(entry.active);
}

std::int64_t FeatureStatistics::deadFeatures() const {
  return std::ranges::count(entries_, 0, &Entry::active);
}

double FeatureStatistics::l0() const {
  return tokens_ == 0 ? 0 : static_cast<double>(activations_) / static_cast<double>(tokens_);
}

Interval wilsonInterval(std::int64_t count, std::int64_t all) {
  constexpr double kQuantile = 1.959963984540054;  // of the normal distribution, 97.5 %
  const auto n = static_cast<double>(all);
  const double share = static_cast<double>(count) / n;
  const double squared = kQuantile * kQuantile / n;
  const double centre = (share + squared / 2) / (1 + squared);
  const double half =
      kQuantile / (1 + squared) * std::sqrt(share * (1 - share) / n + squared / (4 * n));
  // Exact at the ends, where centre and half are equal but for rounding.
  return {count == 0 ? 0 : centre - half, count == all ? 1 : centre + half};
}

}  // namespace featurescope
