// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/context_repeats.h"

#include <algorithm>
#include <stdexcept>

namespace featurescope {

namespace {

constexpr Position kTokensBeside = 10;  // as the views show

/// FNV-1a over whole token ids.
std::uint64_t hashOf(std::span<const TokenId> tokens) {
  std::uint64_t hash = 14695981039346656037U;
  for (const TokenId token : tokens) {
    hash = (hash ^ static_cast<std::uint32_t>(token.value)) * 1099511628211U;
  }
  return hash;
}

}  // namespace

std::optional<Position> ContextRepeats::addSequence(std::span<const TokenId> tokens) {
  const Position start = end();
  starts_.push_back(start);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  return firstLike(sequences_, {.begin = start, .end = end(), .position = start});
}

std::optional<Position> ContextRepeats::addExample(FeatureId feature, Position position) {
  if (position < 0 || position >= end()) {
    throw std::logic_error("an activation outside of the corpus");
  }
  if (feature != feature_) examples_.clear();
  feature_ = feature;
  const auto first = firstLike(examples_, contextOf(position));
  // One token may be an example of several kinds; that is no repeat.
  return first == position ? std::nullopt : first;
}

std::span<const TokenId> ContextRepeats::tokensOf(const Context& context) const {
  return std::span(tokens_).subspan(static_cast<std::size_t>(context.begin),
                                    static_cast<std::size_t>(context.end - context.begin));
}

ContextRepeats::Context ContextRepeats::contextOf(Position position) const {
  const auto next = std::ranges::upper_bound(starts_, position);
  const Position sequenceEnd = next == starts_.end() ? end() : *next;
  return {.begin = std::max(*std::prev(next), position - kTokensBeside),
          .end = std::min(sequenceEnd, position + kTokensBeside + 1),
          .position = position};
}

std::optional<Position> ContextRepeats::firstLike(
    std::unordered_multimap<std::uint64_t, Context>& known, const Context& context) const {
  const auto tokens = tokensOf(context);
  const std::uint64_t hash = hashOf(tokens);
  const auto [begin, end] = known.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    const Context& other = at->second;
    const bool samePlace = other.position - other.begin == context.position - context.begin;
    if (samePlace && std::ranges::equal(tokensOf(other), tokens)) return other.position;
  }
  known.emplace(hash, context);
  return std::nullopt;
}

}  // namespace featurescope
