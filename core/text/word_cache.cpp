// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/word_cache.h"

#include <algorithm>
#include <cstring>

namespace featurescope {

namespace {

constexpr std::size_t kFewestSlots = 1U << 10;
constexpr std::size_t kMostSlots = 1U << 17;

std::uint64_t hashOf(std::string_view word) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = word.size() * kMultiplier;
  const auto mix = [&hash](std::uint64_t part) {
    hash = (hash ^ part) * kMultiplier;
    hash ^= hash >> 29;
  };
  while (word.size() >= 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, word.data(), 8);
    mix(part);
    word.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  for (const char c : word) rest = (rest << 8) | static_cast<unsigned char>(c);
  mix(rest);
  return hash ^ (hash >> 32);
}

}  // namespace

WordCache::WordCache() : slots_(kFewestSlots) {}

std::optional<std::span<const TokenId>> WordCache::find(std::string_view word) const {
  const std::uint64_t hash = hashOf(word);
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at].textLength != 0;
       at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && slot.textLength == word.size() &&
        std::memcmp(texts_.data() + slot.text, word.data(), word.size()) == 0) {
      return std::span(tokens_).subspan(slot.tokens, slot.tokenCount);
    }
  }
  return std::nullopt;
}

void WordCache::insert(std::string_view word, std::span<const TokenId> tokens) {
  if (2 * (used_ + 1) > slots_.size()) {
    if (slots_.size() < kMostSlots) {
      grow();
    } else {
      clear();
    }
  }
  const Slot slot{hashOf(word), static_cast<std::uint32_t>(texts_.size()),
                  static_cast<std::uint32_t>(tokens_.size()),
                  static_cast<std::uint16_t>(word.size()),
                  static_cast<std::uint16_t>(tokens.size())};
  std::size_t at = slot.hash & (slots_.size() - 1);
  while (slots_[at].textLength != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = slot;
  texts_ += word;
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  ++used_;
}

void WordCache::grow() {
  std::vector<Slot> larger(2 * slots_.size());
  for (const Slot& slot : slots_) {
    if (slot.textLength == 0) continue;
    std::size_t at = slot.hash & (larger.size() - 1);
    while (larger[at].textLength != 0) at = (at + 1) & (larger.size() - 1);
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

void WordCache::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  texts_.clear();
  tokens_.clear();
  used_ = 0;
}

}  // namespace featurescope
