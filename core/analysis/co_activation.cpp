// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/co_activation.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace featurescope {

namespace {

struct Drawn {
  std::uint64_t key = 0;
  std::int32_t feature = 0;
  float value = 0;
};

/// From sums over all tokens, zeros included; 0 where one of them does not vary.
double correlation(const FeatureStatistics& statistics, FeatureId a, FeatureId b,
                   double sumOfProducts) {
  const auto tokens = static_cast<double>(statistics.tokens());
  const auto deviation = [&](FeatureId f) {
    const double sum = statistics.sum(f);
    return std::sqrt(std::max(statistics.sumOfSquares(f) - sum * sum / tokens, 0.0));
  };
  const double covariance = sumOfProducts - statistics.sum(a) * statistics.sum(b) / tokens;
  const double scale = deviation(a) * deviation(b);
  return scale > 0 ? std::clamp(covariance / scale, -1.0, 1.0) : 0;
}

/// Appends to `chosen` the first `count` of `all` in the order of `key`, largest first.
template <class Key>
void choose(std::vector<CoActivation>& all, std::int64_t count, Key key,
            std::vector<CoActivation>& chosen) {
  const auto kept = all.begin() + std::min(count, std::ssize(all));
  std::ranges::partial_sort(all, kept, [&](const CoActivation& a, const CoActivation& b) {
    return a.*key != b.*key ? a.*key > b.*key : a.feature < b.feature;
  });
  chosen.insert(chosen.end(), all.begin(), kept);
}

}  // namespace

CoActivations::CoActivations(const ActivationSample& sample, const FeatureStatistics& statistics)
    : statistics_(statistics),
      positionStarts_(static_cast<std::size_t>(sample.features()) + 1),
      bounds_(static_cast<std::size_t>(sample.features()), kNoBound),
      meetings_(static_cast<std::size_t>(sample.features())) {
  std::vector<Drawn> all;
  for (std::size_t f = 0; f < bounds_.size(); ++f) {
    const FeatureId feature{static_cast<std::int32_t>(f)};
    auto drawn = sample.drawn(feature);
    if (sample.isPartial(feature)) {
      // The last one only says where the sample ends: with it the share would be biased.
      bounds_[f] = sample.order().key(drawn.back().position);
      drawn.pop_back();
    }
    positionStarts_[f + 1] = positionStarts_[f] + drawn.size();
    for (const auto& [value, position] : drawn) {
      all.push_back({sample.order().key(position), feature.value, value});
    }
  }
  std::ranges::sort(all, [](const Drawn& a, const Drawn& b) {
    return a.key != b.key ? a.key < b.key : a.feature < b.feature;
  });

  members_.reserve(all.size());
  positions_.resize(all.size());
  std::vector<std::size_t> ends(positionStarts_.begin(), positionStarts_.end() - 1);
  for (const auto& [key, feature, value] : all) {
    if (keys_.empty() || keys_.back() != key) {
      keys_.push_back(key);
      memberStarts_.push_back(members_.size());
    }
    positions_[ends[static_cast<std::size_t>(feature)]++] =
        static_cast<std::uint32_t>(keys_.size() - 1);
    members_.push_back({feature, value});
  }
  memberStarts_.push_back(members_.size());
}

std::int64_t CoActivations::drawnBefore(std::size_t feature, std::uint64_t bound) const {
  const auto begin = positions_.begin() + static_cast<std::ptrdiff_t>(positionStarts_[feature]);
  const auto end = positions_.begin() + static_cast<std::ptrdiff_t>(positionStarts_[feature + 1]);
  const auto first = std::partition_point(
      begin, end, [&](std::uint32_t position) { return keys_[position] < bound; });
  return first - begin;
}

CoActivation CoActivations::measure(std::size_t feature, std::size_t other,
                                    const Meeting& meeting) const {
  const FeatureId a{static_cast<std::int32_t>(feature)}, b{static_cast<std::int32_t>(other)};
  const std::uint64_t bound = std::min(bounds_[feature], bounds_[other]);
  const auto met = static_cast<double>(meeting.positions);
  const auto either =
      static_cast<double>(drawnBefore(feature, bound) + drawnBefore(other, bound)) - met;
  CoActivation result{.feature = b};
  result.exact = bound == kNoBound;
  result.jaccard = met / either;
  const auto activations =
      static_cast<double>(statistics_.activeTokens(a) + statistics_.activeTokens(b));
  const auto fewer =
      static_cast<double>(std::min(statistics_.activeTokens(a), statistics_.activeTokens(b)));
  result.together =
      result.exact ? met : std::min(activations * result.jaccard / (1 + result.jaccard), fewer);
  result.pearson = correlation(statistics_, a, b, result.together * meeting.products / met);
  return result;
}

std::vector<CoActivation> CoActivations::strongest(FeatureId feature, std::int64_t count) {
  const auto f = static_cast<std::size_t>(feature.value);
  std::vector<std::size_t> others;
  for (std::size_t i = positionStarts_[f]; i < positionStarts_[f + 1]; ++i) {
    const std::size_t position = positions_[i];
    const auto here = std::span(members_).subspan(
        memberStarts_[position], memberStarts_[position + 1] - memberStarts_[position]);
    const auto own = std::ranges::lower_bound(here, feature.value, {}, &Member::feature);
    for (const Member& member : here) {
      const auto other = static_cast<std::size_t>(member.feature);
      if (other == f) continue;
      Meeting& meeting = meetings_[other];
      if (meeting.positions == 0) others.push_back(other);
      ++meeting.positions;
      meeting.products += static_cast<double>(own->value) * static_cast<double>(member.value);
    }
  }
  std::vector<CoActivation> met;
  met.reserve(others.size());
  for (const std::size_t other : others) {
    met.push_back(measure(f, other, meetings_[other]));
    meetings_[other] = {};
  }
  std::vector<CoActivation> chosen;
  choose(met, count, &CoActivation::jaccard, chosen);
  choose(met, count, &CoActivation::pearson, chosen);
  std::ranges::sort(chosen, {}, &CoActivation::feature);
  const auto isSame = [](const CoActivation& a, const CoActivation& b) {
    return a.feature == b.feature;
  };
  chosen.erase(std::unique(chosen.begin(), chosen.end(), isSame), chosen.end());
  return chosen;
}

}  // namespace featurescope
