// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/code_by_feature.h"
#include "core/base/ids.h"
#include "core/base/random.h"
#include "core/kernels/sparse_code.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace featurescope::testing {

/// A random stream of tokens and codes, dense for brute force, and cut into batches of any sizes.
/// Features differ in density: feature f activates on about one token in 1 + f % 7 · 4, and every
/// fifth never; values repeat, so that ranks tie.
class CodeStream {
 public:
  CodeStream(std::uint64_t seed, std::int64_t tokens, std::int32_t features,
             std::int32_t vocabulary = 11)
      : features_(features), dense_(static_cast<std::size_t>(tokens * features)) {
    RandomStream random(seed, "code stream");
    for (std::int64_t t = 0; t < tokens; ++t) {
      tokens_.push_back(
          TokenId{static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocabulary)))});
      for (std::int32_t f = 0; f < features; ++f) {
        const auto rarity = static_cast<std::uint64_t>(1 + f % 7 * 4);
        if (f % 5 == 4 || random.below(rarity) != 0) continue;
        dense_[static_cast<std::size_t>(t * features + f)] =
            0.125F * static_cast<float>(1 + random.below(40));
      }
    }
  }

  [[nodiscard]] std::int64_t tokens() const { return std::ssize(tokens_); }
  [[nodiscard]] std::int32_t features() const { return features_; }
  [[nodiscard]] TokenId token(Position t) const { return tokens_[static_cast<std::size_t>(t)]; }
  [[nodiscard]] float value(Position t, std::int32_t f) const {
    return dense_[static_cast<std::size_t>(t * features_ + f)];
  }

  struct Activation {
    float value = 0;
    Position position = 0;
  };
  [[nodiscard]] std::vector<Activation> activationsOf(std::int32_t f) const {
    std::vector<Activation> activations;
    for (Position t = 0; t < tokens(); ++t) {
      if (value(t, f) > 0) activations.push_back({value(t, f), t});
    }
    return activations;
  }

  /// Calls `visit(code, first position, tokens)` for batches of random sizes up to `most`, empty
  /// ones included.
  template <class Visit>
  void inBatches(std::int64_t most, Visit&& visit) const {
    RandomStream random(static_cast<std::uint64_t>(most), "batch sizes");
    for (Position first = 0; first < tokens();) {
      const auto wanted =
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most) + 1));
      const std::int64_t rows = std::min(wanted, tokens() - first);
      SparseCode code;
      code.features = features_;
      appendActive({dense_.data() + first * features_, rows, features_}, code);
      visit(code, first,
            std::span(tokens_).subspan(static_cast<std::size_t>(first),
                                       static_cast<std::size_t>(rows)));
      first += rows;
    }
  }

  /// Calls `visit(columns)` for stretches of at most `most` rows, which come in batches of random
  /// sizes.
  template <class Visit>
  void inStretches(std::int64_t most, const Visit& visit) const {
    ColumnStream columns(features_, {.nonZeros = tokens() * features_, .rows = most}, visit);
    inBatches(40,
              [&](const SparseCode& code, Position, auto tokens) { columns.add(code, tokens); });
    columns.finish();
  }

 private:
  std::int32_t features_;
  std::vector<TokenId> tokens_;
  std::vector<float> dense_;
};

}  // namespace featurescope::testing
