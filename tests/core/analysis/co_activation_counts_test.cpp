// SPDX-License-Identifier: GPL-3.0-or-later
// Which features fire together, against dense products of everything at once.
#include "core/analysis/co_activation_counts.h"

#include "core/base/files.h"
#include "tests/core/analysis/code_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace featurescope {
namespace {

using testing::CodeStream;

constexpr std::int32_t kFeatures = 37;

/// Jaccard index or correlation of two features by its definition.
double jaccard(const CodeStream& stream, std::int32_t a, std::int32_t b) {
  std::int64_t both = 0, either = 0;
  for (Position t = 0; t < stream.tokens(); ++t) {
    const bool onA = stream.value(t, a) > 0, onB = stream.value(t, b) > 0;
    both += static_cast<std::int64_t>(onA && onB);
    either += static_cast<std::int64_t>(onA || onB);
  }
  return either == 0 ? 0 : static_cast<double>(both) / static_cast<double>(either);
}

double pearson(const CodeStream& stream, std::int32_t a, std::int32_t b) {
  double meanA = 0, meanB = 0;
  for (Position t = 0; t < stream.tokens(); ++t) {
    meanA += static_cast<double>(stream.value(t, a)) / static_cast<double>(stream.tokens());
    meanB += static_cast<double>(stream.value(t, b)) / static_cast<double>(stream.tokens());
  }
  double ab = 0, aa = 0, bb = 0;
  for (Position t = 0; t < stream.tokens(); ++t) {
    const double x = static_cast<double>(stream.value(t, a)) - meanA;
    const double y = static_cast<double>(stream.value(t, b)) - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa * bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

template <class Relation>
std::vector<Neighbour> strongest(const CodeStream& stream, std::int32_t feature, std::size_t count,
                                 const Relation& relation) {
  std::vector<Neighbour> all;
  for (std::int32_t other = 0; other < kFeatures; ++other) {
    const double value = other == feature ? 0 : relation(stream, feature, other);
    if (value > 0) all.push_back({FeatureId{other}, value});
  }
  std::ranges::stable_sort(all, std::ranges::greater(), &Neighbour::value);
  all.resize(std::min(all.size(), count));
  return all;
}

void expectSame(const std::vector<Neighbour>& found, const std::vector<Neighbour>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].feature, expected[i].feature) << i;
    EXPECT_NEAR(found[i].value, expected[i].value, 1e-12) << i;
  }
}

TEST(CoActivationCounts, RankTheOthersByJaccardIndexAndCorrelationOverAllTokens) {
  const CodeStream stream(21, 700, kFeatures);
  const TemporaryFolder folder;
  SilentProgress progress;
  // Stripes of 1, of 5 and of all features; blocks of a few tokens and of all.
  for (const std::int64_t stripe : {1, 5, 100}) {
    for (const std::int64_t entries : {30, 1 << 20}) {
      CoActivationCounts counts(kFeatures, folder.path(),
                                {.countedBytes = stripe * 12 * kFeatures, .blockEntries = entries});
      FeatureStatistics statistics(kFeatures);
      stream.inBatches(50, [&](const SparseCode& code, Position, std::span<const TokenId>) {
        counts.add(code);
      });
      stream.inStretches(50, [&](const CodeByFeature& columns) { statistics.add(columns); });
      ASSERT_TRUE(counts.isWhole());
      std::int32_t next = 0;
      counts.forEach(statistics, 6, {.stop = {}, .progress = progress},
                     [&](FeatureId feature, const CoActivationCounts::Strongest& found) {
                       SCOPED_TRACE(feature.value);
                       EXPECT_EQ(feature.value, next++);
                       expectSame(found.byJaccard, strongest(stream, feature.value, 6, jaccard));
                       // Values that differ by rounding only may swap places.
                       const auto expected = strongest(stream, feature.value, 6, pearson);
                       ASSERT_EQ(found.byPearson.size(), expected.size());
                       for (std::size_t i = 0; i < expected.size(); ++i) {
                         EXPECT_NEAR(found.byPearson[i].value, expected[i].value, 1e-12);
                         EXPECT_NEAR(
                             pearson(stream, feature.value, found.byPearson[i].feature.value),
                             expected[i].value, 1e-12);
                       }
                     });
      EXPECT_EQ(next, kFeatures);
    }
  }
}

TEST(CoActivationCounts, GiveUpWhereTooManyFeaturesMeet) {
  const CodeStream stream(22, 100, kFeatures);
  const TemporaryFolder folder;
  std::int64_t meetings = 0;
  for (Position t = 0; t < stream.tokens(); ++t) {
    std::int64_t active = 0;
    for (std::int32_t f = 0; f < kFeatures; ++f) {
      active += static_cast<std::int64_t>(stream.value(t, f) > 0);
    }
    meetings += active * (active - 1) / 2;
  }
  for (const std::int64_t limit : {meetings, meetings - 1}) {
    CoActivationCounts counts(kFeatures, folder.path(), {.meetings = limit});
    stream.inBatches(
        50, [&](const SparseCode& code, Position, std::span<const TokenId>) { counts.add(code); });
    EXPECT_EQ(counts.isWhole(), limit == meetings);
  }
}

}  // namespace
}  // namespace featurescope
