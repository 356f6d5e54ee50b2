// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_tokens.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace featurescope {

namespace {

constexpr std::int64_t kBufferedPairs = 1 << 12;  ///< of each run: 48 KiB
/// Features that a thread counts at a time, with counts of the whole vocabulary of its own.
constexpr std::int64_t kFeatureBlock = 256;

/// Counts by token; hands the counted ones on by id without sorting them.
class TokenCounter {
 public:
  explicit TokenCounter(std::size_t vocabulary)
      : counts_(vocabulary), counted_((vocabulary + kWord - 1) / kWord) {}

  void count(TokenId token) {
    const auto id = static_cast<std::size_t>(token.value);
    ++counts_[id];
    counted_[id / kWord] |= std::uint64_t{1} << id % kWord;
  }
  /// take(token, count) of all counted so far, which are then forgotten.
  template <class Take>
  void handOn(const Take& take) {
    for (std::size_t word = 0; word < counted_.size(); ++word) {
      for (std::uint64_t& bits = counted_[word]; bits != 0; bits &= bits - 1) {
        const std::size_t id = word * kWord + static_cast<std::size_t>(std::countr_zero(bits));
        take(static_cast<std::int32_t>(id), std::exchange(counts_[id], 0));
      }
    }
  }

 private:
  static constexpr std::size_t kWord = 64;
  std::vector<std::int32_t> counts_;
  std::vector<std::uint64_t> counted_;  ///< a bit a token
};

}  // namespace

FeatureTokens::FeatureTokens(std::int64_t features, std::int64_t vocabulary,
                             const std::filesystem::path& folder)
    : spill_(folder),
      strongest_(static_cast<std::size_t>(features)),
      occurrences_(static_cast<std::size_t>(vocabulary)),
      counts_(static_cast<std::size_t>(vocabulary)) {}

void FeatureTokens::add(const CodeByFeature& columns) {
  for (const TokenId token : columns.tokens) ++occurrences_[static_cast<std::size_t>(token.value)];
  const std::int64_t blocks = (columns.features() + kFeatureBlock - 1) / kFeatureBlock;
  std::vector<std::vector<Pair>> pairs(static_cast<std::size_t>(blocks));
  parallelBlocks(columns.features(), kFeatureBlock, columns.activations.nonZeros(),
                 [&](std::int64_t begin, std::int64_t end) {
                   countPairs(columns, begin, end,
                              pairs[static_cast<std::size_t>(begin / kFeatureBlock)]);
                 });
  const std::int64_t begin = spill_.size();
  for (const std::vector<Pair>& ofBlock : pairs) spill_.append(std::span<const Pair>(ofBlock));
  runs_.push_back({.offset = begin, .end = spill_.size(), .buffer = {}, .next = 0});
}

void FeatureTokens::countPairs(const CodeByFeature& columns, std::int64_t begin, std::int64_t end,
                               std::vector<Pair>& pairs) {
  TokenCounter counter(occurrences_.size());
  for (auto f = static_cast<std::int32_t>(begin); f < end; ++f) {
    const auto [rows, values] = columns.of(FeatureId{f});
    Strongest& strongest = strongest_[static_cast<std::size_t>(f)];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const TokenId token = columns.tokens[static_cast<std::size_t>(rows[i])];
      counter.count(token);
      if (values[i] > strongest.value) strongest = {values[i], token};
    }
    counter.handOn([&](std::int32_t token, std::int32_t count) {
      pairs.push_back({f, token, count});
    });
  }
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
      std::int64_t& total = counts_[static_cast<std::size_t>(pair->token)];
      if (total == 0) counted_.push_back(TokenId{pair->token});
      total += pair->activations;
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
