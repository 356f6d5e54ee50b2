// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_tokens.h"

#include <algorithm>

namespace featurescope {

namespace {

constexpr std::int64_t kBufferedPairs = 1 << 12;  ///< of each run: 48 KiB

}  // namespace

FeatureTokens::FeatureTokens(std::int64_t features, std::int64_t vocabulary,
                             const std::filesystem::path& folder)
    : spill_(folder),
      strongest_(static_cast<std::size_t>(features)),
      occurrences_(static_cast<std::size_t>(vocabulary)),
      counts_(static_cast<std::size_t>(vocabulary)) {}

void FeatureTokens::count(TokenId token, std::int64_t activations) {
  std::int64_t& total = counts_[static_cast<std::size_t>(token.value)];
  if (total == 0) counted_.push_back(token);
  total += activations;
}

void FeatureTokens::add(const FeatureColumns& columns) {
  for (const TokenId token : columns.tokens) ++occurrences_[static_cast<std::size_t>(token.value)];
  const std::int64_t begin = spill_.size();
  std::vector<Pair> pairs;
  for (std::int32_t f = 0; f < columns.features(); ++f) {
    for (const auto& [row, value] : columns.of(FeatureId{f})) {
      const TokenId token = columns.tokens[static_cast<std::size_t>(row)];
      count(token, 1);
      Strongest& strongest = strongest_[static_cast<std::size_t>(f)];
      if (value > strongest.value) strongest = {value, token};
    }
    std::ranges::sort(counted_);
    pairs.clear();
    pairs.reserve(counted_.size());
    for (const TokenId token : counted_) {
      std::int64_t& total = counts_[static_cast<std::size_t>(token.value)];
      pairs.push_back({f, token.value, static_cast<std::int32_t>(total)});
      total = 0;
    }
    counted_.clear();
    spill_.append(std::span<const Pair>(pairs));
  }
  runs_.push_back({.offset = begin, .end = spill_.size(), .buffer = {}, .next = 0});
}

const FeatureTokens::Pair* FeatureTokens::take(Run& run, FeatureId feature) const {
  if (run.next == run.buffer.size()) {
    const std::int64_t left = (run.end - run.offset) / static_cast<std::int64_t>(sizeof(Pair));
    if (left == 0) return nullptr;
    run.buffer.resize(static_cast<std::size_t>(std::min(left, kBufferedPairs)));
    spill_.read(run.offset, std::span(run.buffer));
    run.offset += static_cast<std::int64_t>(run.buffer.size() * sizeof(Pair));
    run.next = 0;
  }
  const Pair& pair = run.buffer[run.next];
  if (pair.feature != feature.value) return nullptr;
  ++run.next;
  return &pair;
}

FeatureTokens::Found FeatureTokens::find(FeatureId feature, std::int64_t count) {
  std::int64_t activations = 0;
  for (Run& run : runs_) {
    while (const Pair* pair = take(run, feature)) {
      this->count(TokenId{pair->token}, pair->activations);
      activations += pair->activations;
    }
  }
  Found found;
  std::vector<FeatureToken>& tokens = found.mostFrequent;
  tokens.reserve(counted_.size());
  for (const TokenId token : counted_) {
    std::int64_t& total = counts_[static_cast<std::size_t>(token.value)];
    tokens.push_back({token, total, static_cast<double>(total) / static_cast<double>(activations),
                      static_cast<double>(total) / static_cast<double>(occurrences(token))});
    if (token == strongest_[static_cast<std::size_t>(feature.value)].token) {
      found.ofStrongest = tokens.back();
    }
    total = 0;
  }
  counted_.clear();
  const auto kept = std::min(tokens.size(), static_cast<std::size_t>(count));
  std::ranges::partial_sort(tokens, tokens.begin() + static_cast<std::ptrdiff_t>(kept),
                            [](const FeatureToken& a, const FeatureToken& b) {
                              return a.activations != b.activations ? a.activations > b.activations
                                                                    : a.token < b.token;
                            });
  tokens.resize(kept);
  return found;
}

}  // namespace featurescope
