// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace featurescope::demo {

/// Token frequencies of a training stream, to say how well its unigrams and bigrams alone predict
/// another stream: what a language model must beat.
class NgramCounts {
 public:
  NgramCounts(std::span<const TokenId> training, std::int32_t vocabulary);

  /// Mean −log p in nats over the tokens of `text` after its first; counts plus one.
  [[nodiscard]] double unigramEntropy(std::span<const TokenId> text) const;
  /// Likewise given the token before, smoothed towards the unigrams as Witten and Bell do: the more
  /// different tokens followed, the more weight the unigrams get.
  [[nodiscard]] double bigramEntropy(std::span<const TokenId> text) const;

 private:
  [[nodiscard]] double unigram(TokenId token) const;
  [[nodiscard]] double bigram(TokenId before, TokenId token) const;

  struct Followers {
    std::int64_t total = 0, distinct = 0;
  };
  std::vector<std::int64_t> counts_;
  std::vector<Followers> followers_;
  std::unordered_map<std::int64_t, std::int64_t> pairs_;  ///< by before · vocabulary + token
  std::int64_t total_ = 0;
};

}  // namespace featurescope::demo
