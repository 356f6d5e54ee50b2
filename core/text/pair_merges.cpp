// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pair_merges.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace featurescope {

namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

}  // namespace

PairMerges::PairMerges(std::size_t count)
    : slots_(std::bit_ceil(std::max<std::size_t>(2 * count, 16))),
      shift_(64 - std::countr_zero(slots_.size())) {}

void PairMerges::set(TokenId left, TokenId right, Merge merge) {
  slots_[slotOf(left, right)] = {left.value, right.value, merge};
}

void PairMerger::rankPair(std::uint32_t left, const PairMerges& merges) {
  Symbol& symbol = symbols_[left];
  symbol.rank = PairMerges::kNoRank;
  if (symbol.next == kNone) return;
  symbol.rank = merges.find(symbol.token, symbols_[symbol.next].token).rank;
  if (symbol.rank == PairMerges::kNoRank) return;
  queue_.push_back((std::uint64_t{symbol.rank} << 32) | left);
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>{});
}

void PairMerger::merge(std::vector<TokenId>& symbols, const PairMerges& merges) {
  const auto count = static_cast<std::uint32_t>(symbols.size());
  symbols_.resize(count);
  queue_.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    symbols_[i] = {symbols[i], PairMerges::kNoRank, i == 0 ? kNone : i - 1,
                   i + 1 < count ? i + 1 : kNone};
  }
  for (std::uint32_t i = 0; i < count; ++i) rankPair(i, merges);

  while (!queue_.empty()) {
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>{});
    const auto rank = static_cast<std::uint32_t>(queue_.back() >> 32);
    const auto place = static_cast<std::uint32_t>(queue_.back());
    queue_.pop_back();
    Symbol& left = symbols_[place];
    if (left.rank != rank) continue;  // the pair has changed since it was queued

    Symbol& right = symbols_[left.next];
    left.token = merges.find(left.token, right.token).result;
    left.next = right.next;
    right.rank = PairMerges::kNoRank;
    if (left.next != kNone) symbols_[left.next].previous = place;
    rankPair(place, merges);
    if (left.previous != kNone) rankPair(left.previous, merges);
  }

  symbols.clear();
  for (std::uint32_t i = 0; i < count; i = symbols_[i].next) {
    symbols.push_back(symbols_[i].token);
  }
}

void plain::mergePairs(std::vector<TokenId>& symbols, const PairMerges& merges) {
  while (true) {
    PairMerges::Merge best;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const PairMerges::Merge merge = merges.find(symbols[i], symbols[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        place = i;
      }
    }
    if (best.rank == PairMerges::kNoRank) return;
    symbols[place] = best.result;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

}  // namespace featurescope
