// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// Words seen before and their tokens, in bounded memory (a few megabytes of English, 25 at worst):
/// when it is full it starts anew. One thread at a time.
class WordCache {
 public:
  static constexpr std::size_t kLongestWord = 64;  ///< bytes; longer words are not worth a place

  WordCache();

  /// The tokens of `word`; valid until the next `insert`.
  [[nodiscard]] std::optional<std::span<const TokenId>> find(std::string_view word) const;
  /// `word`, at most kLongestWord bytes, must not be in the cache.
  void insert(std::string_view word, std::span<const TokenId> tokens);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t text = 0;        ///< where the word begins in texts_
    std::uint32_t tokens = 0;      ///< where its tokens begin in tokens_
    std::uint16_t textLength = 0;  ///< 0: an empty slot
    std::uint16_t tokenCount = 0;
  };

  void grow();
  void clear();

  std::vector<Slot> slots_;  ///< open addressing, at most half full
  std::size_t used_ = 0;
  std::string texts_;
  std::vector<TokenId> tokens_;
};

}  // namespace featurescope
