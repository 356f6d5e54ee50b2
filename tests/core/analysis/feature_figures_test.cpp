// SPDX-License-Identifier: GPL-3.0-or-later
// What an index says of a feature, against sums and sorts over everything at once.
#include "core/analysis/decoder_geometry_torch.h"
#include "core/analysis/feature_statistics.h"
#include "core/analysis/top_activations.h"
#include "tests/core/analysis/random_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace featurescope {
namespace {

using testing::randomCode;
using Activation = TopActivations::Activation;

/// Several batches of one stream and, by feature, all that was in them.
struct Stream {
  std::vector<SparseCode> batches;
  std::map<std::int32_t, std::vector<Activation>> activations;
  std::int64_t tokens = 0;

  explicit Stream(std::uint64_t seed) {
    RandomStream random(seed);
    for (int b = 0; b < 12; ++b) {
      const auto rows = static_cast<std::int64_t>(random.below(30));
      batches.push_back(randomCode(random, rows, 9, 2));
      const SparseCode& code = batches.back();
      for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        for (auto i = static_cast<std::size_t>(code.indptr[row]);
             i < static_cast<std::size_t>(code.indptr[row + 1]); ++i) {
          activations[code.indices[i]].push_back(
              {code.values[i], tokens + static_cast<Position>(row)});
        }
      }
      tokens += rows;
    }
  }

  template <class Visit>
  void inStretches(const Visit& visit) const {
    ColumnStream columns(9, {.nonZeros = 70, .rows = 25}, visit);
    for (const SparseCode& code : batches) {
      columns.add(code, std::vector<TokenId>(static_cast<std::size_t>(code.rows())));
    }
    columns.finish();
  }
};

TEST(FeatureStatistics, AreTheCountsSumsAndMaximaOfTheWholeStream) {
  const Stream stream(5);
  FeatureStatistics statistics(9);
  stream.inStretches([&](const CodeByFeature& columns) { statistics.add(columns); });
  std::int64_t all = 0;
  for (std::int32_t f = 0; f < 9; ++f) {
    const auto found = stream.activations.find(f);
    const FeatureId feature{f};
    EXPECT_EQ(statistics.isDead(feature), found == stream.activations.end());
    if (found == stream.activations.end()) {
      EXPECT_EQ(statistics.max(feature), 0);
      EXPECT_EQ(statistics.meanActive(feature), 0);
      continue;
    }
    double sum = 0;
    float max = 0;
    for (const Activation& activation : found->second) {
      sum += activation.value;
      max = std::max(max, activation.value);
    }
    all += std::ssize(found->second);
    EXPECT_EQ(statistics.activeTokens(feature), std::ssize(found->second));
    EXPECT_EQ(statistics.max(feature), max);
    EXPECT_DOUBLE_EQ(statistics.meanActive(feature),
                     sum / static_cast<double>(found->second.size()));
  }
  EXPECT_EQ(statistics.tokens(), stream.tokens);
  EXPECT_EQ(statistics.deadFeatures(), 2);
  EXPECT_DOUBLE_EQ(statistics.l0(), static_cast<double>(all) / static_cast<double>(stream.tokens));
}

TEST(FeatureStatistics, OfNothingAreZero) {
  const FeatureStatistics statistics(3);
  EXPECT_EQ(statistics.l0(), 0);
  EXPECT_EQ(statistics.deadFeatures(), 3);
}

TEST(TopActivations, AreTheFirstOfAllSortedByValueThenPosition) {
  for (const std::int64_t count : {1, 2, 7, 50, 1000}) {
    const Stream stream(static_cast<std::uint64_t>(count));
    TopActivations top(9, count);
    stream.inStretches([&](const CodeByFeature& columns) { top.add(columns); });
    for (std::int32_t f = 0; f < 9; ++f) {
      auto expected =
          stream.activations.contains(f) ? stream.activations.at(f) : std::vector<Activation>();
      std::ranges::stable_sort(expected, std::ranges::greater(), &Activation::value);
      expected.resize(std::min(expected.size(), static_cast<std::size_t>(count)));
      const auto ranked = top.ranked(FeatureId{f});
      ASSERT_EQ(ranked.size(), expected.size());
      for (std::size_t i = 0; i < ranked.size(); ++i) {
        EXPECT_EQ(ranked[i].value, expected[i].value);
        EXPECT_EQ(ranked[i].position, expected[i].position);
      }
    }
  }
}

TEST(DecoderGeometry, MeasuresAnglesToTheMeanOfTheDeadRows) {
  // Dead rows (0, 2) and (2, 0): their mean is (1, 1), at 45° to both and along (3, 3).
  const at::Tensor decoder =
      at::tensor({0.0, 2.0, 2.0, 0.0, 3.0, 3.0, 1.0, -1.0, 0.0, 0.0}, at::kFloat).view({5, 2});
  const DecoderGeometry geometry = decoderGeometry(decoder, {true, true, false, false, false});
  EXPECT_DOUBLE_EQ(geometry.norms[0], 2);
  EXPECT_DOUBLE_EQ(geometry.norms[2], 3 * std::sqrt(2.0));
  EXPECT_NEAR(geometry.cosinesToDead[0].value(), std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(geometry.cosinesToDead[1].value(), std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(geometry.cosinesToDead[2].value(), 1, 1e-15);
  EXPECT_NEAR(geometry.cosinesToDead[3].value(), 0, 1e-15);
  EXPECT_FALSE(geometry.cosinesToDead[4]) << "a row of length 0 has no direction";
}

TEST(DecoderGeometry, HasNoCosinesWhereNoFeatureIsDead) {
  const DecoderGeometry geometry = decoderGeometry(at::ones({3, 4}), {false, false, false});
  for (const auto& cosine : geometry.cosinesToDead) EXPECT_FALSE(cosine);
  EXPECT_DOUBLE_EQ(geometry.norms[2], 2);
}

TEST(DecoderGeometry, IsTheSameForMoreRowsThanAreTakenAtATime) {
  const at::Tensor decoder = at::arange(5000 * 3, at::kFloat).view({5000, 3}).sin();
  std::vector<bool> dead(5000);
  for (std::size_t f = 0; f < dead.size(); f += 7) dead[f] = true;
  const DecoderGeometry geometry = decoderGeometry(decoder, dead);
  ASSERT_EQ(geometry.norms.size(), 5000u);
  double mean[3] = {0, 0, 0};
  for (std::int64_t f = 0; f < 5000; f += 7) {
    for (int i = 0; i < 3; ++i) mean[i] += decoder[f][i].item<double>();
  }
  double product = 0, norm = 0, meanNorm = 0;
  for (int i = 0; i < 3; ++i) {
    const double value = decoder[4999][i].item<double>();
    product += value * mean[i];
    norm += value * value;
    meanNorm += mean[i] * mean[i];
  }
  EXPECT_NEAR(geometry.cosinesToDead[4999].value(), product / std::sqrt(norm * meanNorm), 1e-12);
}

}  // namespace
}  // namespace featurescope
