// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace featurescope {

/// Which neighbouring tokens join, in what order, and into what: the merges of a byte-pair
/// encoding.
class PairMerges {
 public:
  struct Merge {
    std::uint32_t rank = kNoRank;  ///< lower joins earlier
    TokenId result;
  };
  static constexpr std::uint32_t kNoRank = UINT32_MAX;

  explicit PairMerges(std::size_t count);

  /// Of merges of the same pair the last counts. At most as many as the constructor was told.
  void set(TokenId left, TokenId right, Merge merge);
  /// A rank of kNoRank where the two do not join.
  [[nodiscard]] Merge find(TokenId left, TokenId right) const {
    return slots_[slotOf(left, right)].merge;
  }

 private:
  struct Slot {
    std::int32_t left = -1, right = -1;
    Merge merge;
  };

  [[nodiscard]] std::size_t slotOf(TokenId left, TokenId right) const {
    const std::uint64_t key = (std::uint64_t{static_cast<std::uint32_t>(left.value)} << 32) |
                              static_cast<std::uint32_t>(right.value);
    std::size_t at = (key * 0x9E3779B97F4A7C15U) >> shift_;
    while (slots_[at].left != -1 &&
           (slots_[at].left != left.value || slots_[at].right != right.value)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  std::vector<Slot> slots_;  ///< open addressing, at most half full
  int shift_ = 0;
};

/// Applies merges to the symbols of one word: lowest rank first, leftmost first among equals.
/// O(n log n). Keeps its memory between calls; one thread at a time.
class PairMerger {
 public:
  /// In place.
  void merge(std::vector<TokenId>& symbols, const PairMerges& merges);

 private:
  /// A symbol in a linked list; `rank` is that of the pair it begins.
  struct Symbol {
    TokenId token;
    std::uint32_t rank;
    std::uint32_t previous, next;
  };

  void rankPair(std::uint32_t left, const PairMerges& merges);

  std::vector<Symbol> symbols_;
  std::vector<std::uint64_t> queue_;  ///< a min-heap of (rank, place); outdated entries stay in it
};

namespace plain {

/// What PairMerger does, by its definition: the lowest rank is looked for anew before every merge.
void mergePairs(std::vector<TokenId>& symbols, const PairMerges& merges);

}  // namespace plain

}  // namespace featurescope
