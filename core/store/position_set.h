// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace featurescope {

/// A set of positions in [begin, end), a bit each.
class PositionSet {
 public:
  PositionSet(Position begin, Position end)
      : begin_(begin), end_(end), words_((static_cast<std::size_t>(end - begin) + 63) / 64) {}

  [[nodiscard]] Position begin() const { return begin_; }
  [[nodiscard]] Position end() const { return end_; }

  /// Positions outside of [begin, end) are passed over.
  void add(Position position) {
    if (position < begin_ || position >= end_) return;
    const auto bit = static_cast<std::size_t>(position - begin_);
    words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  /// The other set must have the same begin and end.
  void keepOnly(const PositionSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  void add(const PositionSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  /// Turns it into what it did not hold.
  void complement() {
    for (std::uint64_t& word : words_) word = ~word;
    const auto beyond = static_cast<std::size_t>(end_ - begin_) % 64;
    if (beyond != 0) words_.back() &= (std::uint64_t{1} << beyond) - 1;
  }

  [[nodiscard]] std::int64_t count() const {
    std::int64_t sum = 0;
    for (const std::uint64_t word : words_) sum += std::popcount(word);
    return sum;
  }
  /// The first position at or after `from`, or end().
  [[nodiscard]] Position next(Position from) const {
    if (from < begin_) from = begin_;
    if (from >= end_) return end_;
    const auto bit = static_cast<std::size_t>(from - begin_);
    std::uint64_t word = words_[bit / 64] & (~std::uint64_t{0} << (bit % 64));
    for (std::size_t i = bit / 64;;) {
      if (word != 0) {
        return begin_ + static_cast<Position>(i * 64) + std::countr_zero(word);
      }
      if (++i == words_.size()) return end_;
      word = words_[i];
    }
  }
  [[nodiscard]] bool empty() const { return next(begin_) == end_; }

 private:
  Position begin_, end_;
  std::vector<std::uint64_t> words_;
};

}  // namespace featurescope
