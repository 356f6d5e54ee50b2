// SPDX-License-Identifier: GPL-3.0-or-later
// Histograms, samples and co-activation over a stream, against counts over everything at once.
#include "core/analysis/activation_sample.h"

#include "core/analysis/activation_histogram.h"
#include "core/analysis/co_activation.h"
#include "tests/core/analysis/code_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace featurescope {
namespace {

using testing::CodeStream;

TEST(ActivationHistogram, HasFourBinsToAnOctave) {
  for (int bin = 1; bin < ActivationHistogram::kBins; ++bin) {
    const double edge = ActivationHistogram::lowerEdge(bin);
    EXPECT_NEAR(edge / std::exp2(bin / 4.0 - 16), 1, 1e-7);
    const auto value = static_cast<float>(edge);
    EXPECT_EQ(static_cast<double>(value), edge) << "a float is never between bin and edge";
    EXPECT_EQ(ActivationHistogram::binOf(value), bin);
    EXPECT_EQ(ActivationHistogram::binOf(std::nextafter(value, 0.0F)), bin - 1);
  }
}

TEST(ActivationHistogram, HasABinForEveryFloat) {
  using Limits = std::numeric_limits<float>;
  EXPECT_EQ(ActivationHistogram::lowerEdge(0), 0);
  EXPECT_GT(ActivationHistogram::lowerEdge(ActivationHistogram::kBins),
            static_cast<double>(Limits::max()));
  EXPECT_EQ(ActivationHistogram::binOf(Limits::denorm_min()), 0);
  EXPECT_EQ(ActivationHistogram::binOf(1e-6F), 0);
  EXPECT_EQ(ActivationHistogram::binOf(Limits::max()), ActivationHistogram::kBins - 1);
}

TEST(ActivationHistogram, CountsTheValuesBetweenTheEdges) {
  const CodeStream stream(1, 6001, 50);  // worth several threads
  ActivationHistogram histogram(50);
  stream.inStretches(5000, [&](const CodeByFeature& columns) { histogram.add(columns); });
  for (std::int32_t f = 0; f < 50; ++f) {
    ActivationHistogram::Counts expected{};
    for (const auto& activation : stream.activationsOf(f)) {
      int bin = 0;
      while (static_cast<double>(activation.value) >= ActivationHistogram::lowerEdge(bin + 1)) {
        ++bin;
      }
      ++expected[static_cast<std::size_t>(bin)];
    }
    EXPECT_EQ(histogram.counts(FeatureId{f}), expected);
  }
}

TEST(SamplingOrder, IsUniformAndOneToOne) {
  const SamplingOrder order(7);
  std::set<std::uint64_t> keys;
  constexpr int kPositions = 20000;
  int firstHalf = 0, lowBit = 0;
  for (Position p = 0; p < kPositions; ++p) {
    const std::uint64_t key = order.key(p);
    EXPECT_EQ(order.position(key), p);
    keys.insert(key);
    firstHalf += static_cast<int>(key >> 63 == 0);
    lowBit += static_cast<int>(key & 1);
  }
  EXPECT_EQ(keys.size(), kPositions);
  EXPECT_NEAR(firstHalf, kPositions / 2, 4 * std::sqrt(kPositions / 4.0));
  EXPECT_NEAR(lowBit, kPositions / 2, 4 * std::sqrt(kPositions / 4.0));
  EXPECT_NE(order.key(0), SamplingOrder(8).key(0));
}

ActivationSample sampleOf(const CodeStream& stream, std::int64_t size, std::uint64_t seed,
                          std::int64_t stretch = 40) {
  ActivationSample sample(stream.features(), size, seed);
  stream.inStretches(stretch, [&](const CodeByFeature& columns) { sample.add(columns); });
  return sample;
}

FeatureStatistics statisticsOf(const CodeStream& stream) {
  FeatureStatistics statistics(stream.features());
  stream.inStretches(40, [&](const CodeByFeature& columns) { statistics.add(columns); });
  return statistics;
}

TEST(ActivationSample, HoldsTheFirstInSamplingOrderWhateverTheStretches) {
  const CodeStream stream(2, 500, 13);
  for (const std::int64_t size : {1, 2, 31, 1000}) {
    for (const std::int64_t stretch : {1, 17, 500}) {
      const ActivationSample sample = sampleOf(stream, size, 3, stretch);
      for (std::int32_t f = 0; f < 13; ++f) {
        auto expected = stream.activationsOf(f);
        std::ranges::sort(expected, {},
                          [](const auto& a) { return SamplingOrder(3).key(a.position); });
        EXPECT_EQ(sample.isPartial(FeatureId{f}), std::ssize(expected) > size);
        expected.resize(std::min(expected.size(), static_cast<std::size_t>(size)));
        const auto drawn = sample.drawn(FeatureId{f});
        ASSERT_EQ(drawn.size(), expected.size());
        for (std::size_t i = 0; i < drawn.size(); ++i) {
          EXPECT_EQ(drawn[i].position, expected[i].position);
          EXPECT_EQ(drawn[i].value, expected[i].value);
        }
      }
    }
  }
}

TEST(ActivationSample, DrawsEveryActivationEquallyOften) {
  const CodeStream stream(3, 60, 1);  // feature 0 activates on every token
  std::map<Position, int> draws;
  constexpr int kSeeds = 3000, kSize = 6;
  for (int seed = 0; seed < kSeeds; ++seed) {
    for (const auto& a :
         sampleOf(stream, kSize, static_cast<std::uint64_t>(seed)).drawn(FeatureId{0})) {
      ++draws[a.position];
    }
  }
  const double expected = kSeeds * kSize / 60.0;
  for (Position p = 0; p < 60; ++p) {
    EXPECT_NEAR(draws[p], expected, 4.5 * std::sqrt(expected)) << p;
  }
}

TEST(EqualCountGroups, AreConsecutiveRanksOfEqualCount) {
  const CodeStream stream(4, 97, 1);
  const auto drawn = sampleOf(stream, 1000, 5).drawn(FeatureId{0});
  auto ranked = drawn;
  std::ranges::sort(ranked, TopActivations::isStronger);
  const auto whole = equalCountGroups(drawn, 10, 1000);
  ASSERT_EQ(whole.size(), 10U);
  std::size_t rank = 0;
  for (const auto& group : whole) {
    EXPECT_TRUE(group.size() == 9 || group.size() == 10);
    for (const auto& activation : group) {
      EXPECT_EQ(activation.position, ranked[rank++].position);
    }
  }
  EXPECT_EQ(rank, 97U);
}

TEST(EqualCountGroups, KeepTheFirstDrawnOfEach) {
  const CodeStream stream(5, 97, 1);
  const auto drawn = sampleOf(stream, 1000, 5).drawn(FeatureId{0});
  const auto whole = equalCountGroups(drawn, 4, 1000), some = equalCountGroups(drawn, 4, 3);
  const SamplingOrder order(5);
  for (std::size_t group = 0; group < 4; ++group) {
    std::vector<Position> expected;
    for (const auto& a : whole[group]) expected.push_back(a.position);
    std::ranges::sort(expected, {}, [&](Position p) { return order.key(p); });
    expected.resize(3);
    std::vector<Position> kept;
    for (const auto& a : some[group]) kept.push_back(a.position);
    EXPECT_TRUE(std::ranges::is_sorted(some[group], TopActivations::isStronger));
    std::ranges::sort(kept);
    std::ranges::sort(expected);
    EXPECT_EQ(kept, expected);
  }
}

TEST(EqualCountGroups, OfFewerActivationsThanGroupsAreEmptyOrOfOne) {
  const std::vector<ActivationSample::Activation> three{{1, 5}, {3, 2}, {2, 9}};
  std::size_t kept = 0;
  for (const auto& group : equalCountGroups(three, 5, 2)) {
    EXPECT_LE(group.size(), 1U);
    kept += group.size();
  }
  EXPECT_EQ(kept, 3U);
  for (const auto& group : equalCountGroups({}, 5, 2)) EXPECT_TRUE(group.empty());
}

/// From all tokens, zeros included.
CoActivation bruteForce(const CodeStream& stream, std::int32_t a, std::int32_t b) {
  double n = 0, both = 0, either = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (Position t = 0; t < stream.tokens(); ++t) {
    const double x = stream.value(t, a), y = stream.value(t, b);
    n += 1;
    both += x > 0 && y > 0 ? 1 : 0;
    either += x > 0 || y > 0 ? 1 : 0;
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const double scale = std::sqrt(saa / n - sa / n * sa / n) * std::sqrt(sbb / n - sb / n * sb / n);
  return {.feature = FeatureId{b},
          .together = both,
          .jaccard = both / either,
          .pearson = scale > 0 ? (sab / n - sa / n * sb / n) / scale : 0,
          .exact = true};
}

TEST(CoActivations, AreExactWhereNoSampleIsPartial) {
  const CodeStream stream(6, 211, 17);
  const auto sample = sampleOf(stream, 1000, 1);
  const auto statistics = statisticsOf(stream);
  CoActivations coActivations(sample, statistics);
  for (std::int32_t f = 0; f < 17; ++f) {
    std::vector<std::int32_t> met;
    for (const CoActivation& found : coActivations.strongest(FeatureId{f}, 100)) {
      const CoActivation expected = bruteForce(stream, f, found.feature.value);
      EXPECT_TRUE(found.exact);
      EXPECT_EQ(found.together, expected.together);
      EXPECT_DOUBLE_EQ(found.jaccard, expected.jaccard);
      EXPECT_NEAR(found.pearson, expected.pearson, 1e-10);
      met.push_back(found.feature.value);
    }
    std::vector<std::int32_t> expected;
    for (std::int32_t g = 0; g < 17; ++g) {
      if (g != f && bruteForce(stream, f, g).together > 0) expected.push_back(g);
    }
    EXPECT_EQ(met, expected);
  }
}

TEST(CoActivations, KeepTheStrongestByEitherMeasure) {
  const CodeStream stream(7, 211, 17);
  const auto sample = sampleOf(stream, 1000, 1);
  const auto statistics = statisticsOf(stream);
  CoActivations coActivations(sample, statistics);
  const auto all = coActivations.strongest(FeatureId{0}, 100);
  const auto few = coActivations.strongest(FeatureId{0}, 2);
  for (const auto measure : {&CoActivation::jaccard, &CoActivation::pearson}) {
    auto ranked = all;
    std::ranges::stable_sort(ranked, std::ranges::greater(), measure);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(std::ranges::count(few, ranked[i].feature, &CoActivation::feature), 1);
    }
  }
  EXPECT_LE(few.size(), 4U);
}

TEST(CoActivations, OfPartialSamplesAreRightWithinTheirStandardError) {
  // Feature 1 activates on about a fifth of the tokens and 2 on a ninth, independently.
  const CodeStream stream(8, 6000, 3);
  const auto statistics = statisticsOf(stream);
  const CoActivation expected = bruteForce(stream, 1, 2);
  constexpr int kSeeds = 400, kSize = 100;
  double jaccard = 0, squares = 0, pearson = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto sample = sampleOf(stream, kSize, static_cast<std::uint64_t>(seed), 6000);
    CoActivations coActivations(sample, statistics);
    for (const CoActivation& found : coActivations.strongest(FeatureId{1}, 10)) {
      if (found.feature.value != 2) continue;
      EXPECT_FALSE(found.exact);
      jaccard += found.jaccard / kSeeds;
      squares += std::pow(found.jaccard - expected.jaccard, 2) / kSeeds;
      pearson += found.pearson / kSeeds;
    }
  }
  const double deviation =
      std::sqrt(expected.jaccard * (1 - expected.jaccard) / static_cast<double>(kSize - 1));
  EXPECT_NEAR(jaccard, expected.jaccard, 4 * deviation / std::sqrt(kSeeds)) << "unbiased";
  EXPECT_LT(std::sqrt(squares), 1.1 * deviation);
  EXPECT_NEAR(pearson, expected.pearson, 0.02);
}

}  // namespace
}  // namespace featurescope
