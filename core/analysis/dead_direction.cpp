// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/dead_direction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace featurescope {

namespace {

constexpr std::size_t kBins = 100;
using Values = std::vector<double>;

std::array<double, kBins> shares(const Values& values) {
  std::array<double, kBins> histogram{};
  const double one = 1.0 / static_cast<double>(values.size());
  for (const double value : values) {
    const double place = (std::clamp(value, -1.0, 1.0) + 1) / 2 * static_cast<double>(kBins);
    histogram[std::min(static_cast<std::size_t>(place), kBins - 1)] += one;
  }
  return histogram;
}

double overlapOf(const Values& a, const Values& b) {
  const auto left = shares(a), right = shares(b);
  double overlap = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) overlap += std::min(left[bin], right[bin]);
  return overlap;
}

/// Share of pairs in which the dead one is larger, ties half. Both ascending.
double separationOf(const Values& dead, const Values& others) {
  double wins = 0;
  for (const double value : dead) {
    const auto equal = std::ranges::lower_bound(others, value);
    const auto larger = std::ranges::upper_bound(others, value);
    wins += static_cast<double>(equal - others.begin()) + static_cast<double>(larger - equal) / 2;
  }
  return wins / (static_cast<double>(dead.size()) * static_cast<double>(others.size()));
}

/// `values` and `dead` ascending.
CosineGroup groupOf(const Values& values, const Values* dead) {
  CosineGroup group{.features = std::ssize(values), .overlap = {}, .separation = {}};
  if (values.empty()) return group;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) group.mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - group.mean) * (value - group.mean);
  group.deviation = std::sqrt(squares / count);
  if (dead != nullptr && !dead->empty()) {
    group.overlap = overlapOf(*dead, values);
    group.separation = separationOf(*dead, values);
  }
  return group;
}

/// k of the decade [10^k, 10^(k+1)) that holds `density` > 0; 1 belongs to the one below it.
int decadeOf(double density) {
  return std::min(static_cast<int>(std::floor(std::log10(density))), -1);
}

}  // namespace

DeadDirection describeDeadDirection(std::span<const FeatureCosine> cosines) {
  Values dead, alive;
  std::map<int, Values> decades;
  for (const FeatureCosine& entry : cosines) {
    if (!entry.cosine) continue;
    (entry.dead ? dead : alive).push_back(*entry.cosine);
    if (!entry.dead && entry.density > 0) decades[decadeOf(entry.density)].push_back(*entry.cosine);
  }
  std::ranges::sort(dead);
  std::ranges::sort(alive);
  DeadDirection direction{
      .dead = groupOf(dead, nullptr), .alive = groupOf(alive, &dead), .strata = {}};
  if (decades.empty()) return direction;
  for (int decade = decades.begin()->first; decade <= decades.rbegin()->first; ++decade) {
    Values& values = decades[decade];
    std::ranges::sort(values);
    direction.strata.push_back({.low = std::pow(10, decade),
                                .high = std::pow(10, decade + 1),
                                .alive = groupOf(values, &dead)});
  }
  return direction;
}

}  // namespace featurescope
