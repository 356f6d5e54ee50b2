// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pair_merges.h"

#include "core/base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using ::testing::ElementsAre;

std::vector<TokenId> merged(std::vector<TokenId> symbols, const PairMerges& merges) {
  PairMerger().merge(symbols, merges);
  return symbols;
}

TEST(PairMerger, JoinsTheLowestRankFirstAndTheLeftmostAmongEquals) {
  PairMerges merges(2);
  const TokenId a{0}, b{1}, aa{2}, ab{3};
  merges.set(a, b, {0, ab});
  merges.set(a, a, {1, aa});
  EXPECT_THAT(merged({a, a, a, a, b}, merges), ElementsAre(aa, a, ab));
  EXPECT_THAT(merged({}, merges), ElementsAre());
  EXPECT_THAT(merged({a}, merges), ElementsAre(a));
}

TEST(PairMerges, KeepsTheLastOfTwoMergesOfTheSamePair) {
  PairMerges merges(2);
  merges.set(TokenId{0}, TokenId{1}, {0, TokenId{2}});
  merges.set(TokenId{0}, TokenId{1}, {5, TokenId{3}});
  EXPECT_EQ(merges.find(TokenId{0}, TokenId{1}).rank, 5U);
  EXPECT_EQ(merges.find(TokenId{1}, TokenId{0}).rank, PairMerges::kNoRank);
}

TEST(PairMerger, EqualsItsPlainTwinOnRandomWordsAndMerges) {
  RandomStream random(1);
  PairMerger merger;
  for (int round = 0; round < 300; ++round) {
    constexpr std::uint64_t kLetters = 3, kMerges = 40;
    PairMerges merges(kMerges);
    for (std::uint32_t rank = 0; rank < kMerges; ++rank) {
      const auto known = static_cast<std::int32_t>(kLetters + rank);
      const auto any = [&] {
        return TokenId{static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(known)))};
      };
      merges.set(any(), any(), {rank, TokenId{known}});
    }
    for (int word = 0; word < 20; ++word) {
      std::vector<TokenId> symbols(random.below(80));
      for (TokenId& s : symbols) s = TokenId{static_cast<std::int32_t>(random.below(kLetters))};
      std::vector<TokenId> expected = symbols;
      plain::mergePairs(expected, merges);
      merger.merge(symbols, merges);
      ASSERT_EQ(symbols, expected);
    }
  }
}

}  // namespace
}  // namespace featurescope
