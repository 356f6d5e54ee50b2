// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/code_by_feature.h"
#include "core/base/ids.h"

#include <cstdint>
#include <vector>

namespace featurescope {

/// Counts and sums of every feature over a stream.
class FeatureStatistics {
 public:
  explicit FeatureStatistics(std::int64_t features);

  /// The next stretch; every row is a token that counts.
  void add(const CodeByFeature& columns);

  [[nodiscard]] std::int64_t features() const { return std::ssize(entries_); }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  [[nodiscard]] std::int64_t activeTokens(FeatureId feature) const { return at(feature).active; }
  [[nodiscard]] float max(FeatureId feature) const { return at(feature).max; }
  /// Mean over the tokens that activate it; 0 when none does.
  [[nodiscard]] double meanActive(FeatureId feature) const;
  /// Over all tokens, those that do not activate it being 0.
  [[nodiscard]] double sum(FeatureId feature) const { return at(feature).sum; }
  [[nodiscard]] double sumOfSquares(FeatureId feature) const { return at(feature).sumOfSquares; }
  [[nodiscard]] bool isDead(FeatureId feature) const { return at(feature).active == 0; }
  [[nodiscard]] std::int64_t deadFeatures() const;
  /// Mean number of active features a token.
  [[nodiscard]] double l0() const;

 private:
  struct Entry {
    std::int64_t active = 0;
    double sum = 0, sumOfSquares = 0;
    float max = 0;
  };
  [[nodiscard]] const Entry& at(FeatureId feature) const {
    return entries_[static_cast<std::size_t>(feature.value)];
  }

  std::vector<Entry> entries_;
  std::int64_t tokens_ = 0, activations_ = 0;
};

struct Interval {
  double low = 0, high = 0;
};

/// 95 % interval of a share from its count: `count` of `all` > 0 independent trials (Wilson, 1927).
/// Neighbouring tokens are not independent, so that of a density is somewhat narrow.
[[nodiscard]] Interval wilsonInterval(std::int64_t count, std::int64_t all);

}  // namespace featurescope
