// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_tokens.h"

#include <algorithm>

namespace featurescope {

namespace {

constexpr std::int64_t kBufferedPairs = 1 << 12;  ///< of each run: 48 KiB

}  // namespace

FeatureTokens::FeatureTokens(std::int64_t vocabulary, const std::filesystem::path& folder)
    : spill_(folder),
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
      count(columns.tokens[static_cast<std::size_t>(row)], 1);
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

std::vector<FeatureToken> FeatureTokens::mostFrequent(FeatureId feature, std::int64_t count) {
  std::int64_t activations = 0;
  for (Run& run : runs_) {
    while (const Pair* pair = take(run, feature)) {
      this->count(TokenId{pair->token}, pair->activations);
      activations += pair->activations;
    }
  }
  std::vector<FeatureToken> result;
  result.reserve(counted_.size());
  for (const TokenId token : counted_) {
    std::int64_t& total = counts_[static_cast<std::size_t>(token.value)];
    result.push_back({token, total, static_cast<double>(total) / static_cast<double>(activations),
                      static_cast<double>(total) / static_cast<double>(occurrences(token))});
    total = 0;
  }
  counted_.clear();
  const auto kept = std::min(result.size(), static_cast<std::size_t>(count));
  std::ranges::partial_sort(result, result.begin() + static_cast<std::ptrdiff_t>(kept),
                            [](const FeatureToken& a, const FeatureToken& b) {
                              return a.activations != b.activations ? a.activations > b.activations
                                                                    : a.token < b.token;
                            });
  result.resize(kept);
  return result;
}

}  // namespace featurescope
