// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace featurescope {

/// Tells which sequences and which contexts of examples say the same as an earlier one. Holds the
/// corpus's token ids in memory, 4 bytes each.
class ContextRepeats {
 public:
  /// Start of the first sequence with the same tokens, or nothing when this is it.
  std::optional<Position> addSequence(std::span<const TokenId> tokens);

  /// Position of the feature's first example with the same tokens around it, as far as views show
  /// them, or nothing when this is it. Forgets one feature's examples with the next one's first.
  std::optional<Position> addExample(FeatureId feature, Position position);

  [[nodiscard]] Position end() const { return std::ssize(tokens_); }
  [[nodiscard]] TokenId token(Position position) const {
    return tokens_.at(static_cast<std::size_t>(position));
  }

 private:
  /// Runs of tokens by hash; where a hash is shared, the tokens themselves decide.
  struct Context {
    Position begin = 0, end = 0;
    Position position = 0;  ///< the example in it
  };
  [[nodiscard]] std::span<const TokenId> tokensOf(const Context& context) const;
  [[nodiscard]] Context contextOf(Position position) const;
  std::optional<Position> firstLike(std::unordered_multimap<std::uint64_t, Context>& known,
                                    const Context& context) const;

  std::vector<TokenId> tokens_;
  std::vector<Position> starts_;
  std::unordered_multimap<std::uint64_t, Context> sequences_, examples_;
  FeatureId feature_{-1};
};

}  // namespace featurescope
