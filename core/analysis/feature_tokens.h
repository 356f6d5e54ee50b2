// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/code_by_feature.h"
#include "core/base/spill_file.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace featurescope {

/// One token as what a feature fires on.
struct FeatureToken {
  TokenId token;
  std::int64_t activations = 0;  ///< occurrences of the token that activate the feature
  double precision = 0;          ///< of the feature's activations, the share at this token
  double recall = 0;             ///< of the token's occurrences, the share that activates
};

/// Counts exactly how often each feature fires on each token, for streams of any length: the counts
/// of every stretch go to the disk, 12 bytes a pair of feature and token that occurs in it, and
/// come back merged.
class FeatureTokens {
 public:
  /// `folder`: where the counts are spilled. Token ids lie below `vocabulary`.
  FeatureTokens(std::int64_t features, std::int64_t vocabulary,
                const std::filesystem::path& folder);

  void add(const CodeByFeature& columns);

  struct Found {
    std::vector<FeatureToken> mostFrequent;  ///< most activations first, equal ones by id
    FeatureToken ofStrongest;  ///< the token of the strongest activation, the first of equal ones
  };
  /// At most `count` tokens of `feature`, which nothing was counted of where it is dead. Features
  /// are asked in ascending order, each once, after the last add().
  [[nodiscard]] Found find(FeatureId feature, std::int64_t count);

  [[nodiscard]] std::int64_t occurrences(TokenId token) const {
    return occurrences_[static_cast<std::size_t>(token.value)];
  }

 private:
  struct Pair {
    std::int32_t feature = 0, token = 0, activations = 0;
  };
  /// The pairs of one stretch, by feature and token, read front to back.
  struct Run {
    std::int64_t offset = 0, end = 0;  ///< what is still to be read
    std::vector<Pair> buffer;
    std::size_t next = 0;
  };

  struct Strongest {
    float value = 0;
    TokenId token;
  };

  /// The pairs of the features [begin, end) in the order of a run, appended.
  void countPairs(const CodeByFeature& columns, std::int64_t begin, std::int64_t end,
                  std::vector<Pair>& pairs);
  /// The next pair of `run` if it is of `feature`, else nothing.
  const Pair* take(Run& run, FeatureId feature) const;

  SpillFile spill_;
  std::vector<Strongest> strongest_;  ///< by feature
  std::vector<Run> runs_;
  std::vector<std::int64_t> occurrences_;  ///< by token
  std::vector<std::int64_t> counts_;       ///< by token, of the feature at hand; else 0
  std::vector<TokenId> counted_;           ///< the tokens with a count
};

}  // namespace featurescope
