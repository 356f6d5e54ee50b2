// SPDX-License-Identifier: GPL-3.0-or-later
// Near misses and nearest neighbours, against sorting everything in double.
#include "core/analysis/feature_neighbours_torch.h"
#include "core/analysis/near_misses_torch.h"
#include "core/sae/sparse_encoder_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace featurescope {
namespace {

SilentProgress progress;

AutoencoderParameters smallParameters(std::int64_t width, std::int64_t features) {
  AutoencoderParameters parameters = randomAutoencoder(width, features, 4);
  parameters.b_enc = at::full({features}, -0.4, at::kFloat);
  parameters.b_enc.slice(0, 0, features, 5).fill_(-50);
  return parameters;
}

at::Tensor inputs(std::int64_t tokens, std::int64_t width) {
  return at::arange(tokens * width, at::kFloat).mul(0.7391).sin().view({tokens, width});
}

TokenSample sampleOf(const Autoencoder& autoencoder, const at::Tensor& x, std::int64_t size,
                     std::int64_t batch) {
  TokenSample sample(size, 6);
  for (std::int64_t first = 0; first < x.size(0); first += batch) {
    const at::Tensor part = x.narrow(0, first, std::min(batch, x.size(0) - first));
    SparseCode code;
    SparseEncoder(autoencoder).encode(part, code);
    sample.add(part, code, first);
  }
  return sample;
}

TEST(TokenSample, HoldsTheFirstTokensInSamplingOrder) {
  const Autoencoder autoencoder(smallParameters(6, 20));
  const at::Tensor x = inputs(150, 6);
  const at::Tensor f = autoencoder.encode(x);
  std::vector<Position> order(150);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [](Position p) { return SamplingOrder(6).key(p); });
  for (const std::int64_t size : {1, 40, 1000}) {
    for (const std::int64_t batch : {1, 64}) {
      const TokenSample sample = sampleOf(autoencoder, x, size, batch);
      std::vector<Position> expected(order.begin(), order.begin() + std::min<long>(size, 150));
      std::vector<Position> found;
      for (const auto& token : sample.tokens()) {
        found.push_back(token.position);
        EXPECT_TRUE(token.x.equal(x[token.position]));
        EXPECT_EQ(std::ssize(token.active), f[token.position].gt(0).sum().item<std::int64_t>());
        for (const auto feature : token.active) {
          EXPECT_GT(f[token.position][feature].item<float>(), 0);
        }
      }
      std::ranges::sort(found);
      std::ranges::sort(expected);
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(NearMisses, AreTheLargestPreActivationsThatDoNotActivate) {
  const Autoencoder autoencoder(smallParameters(6, 20));
  const at::Tensor x = inputs(300, 6);
  const TokenSample sample = sampleOf(autoencoder, x, 120, 50);
  const auto found = nearMisses(autoencoder, sample, 7, {.stop = {}, .progress = progress});
  const at::Tensor z = autoencoder.preActivations(x);
  ASSERT_EQ(found.size(), 20U);
  for (std::int64_t feature = 0; feature < 20; ++feature) {
    std::vector<TopActivations::Activation> expected;
    for (const auto& token : sample.tokens()) {
      const float value = z[token.position][feature].item<float>();
      if (value <= 0) expected.push_back({value, token.position});
    }
    std::ranges::sort(expected, TopActivations::isStronger);
    const auto& misses = found[static_cast<std::size_t>(feature)];
    ASSERT_EQ(misses.size(), std::min<std::size_t>(expected.size(), 7));
    for (std::size_t i = 0; i < misses.size(); ++i) {
      EXPECT_EQ(misses[i].position, expected[i].position);
      EXPECT_NEAR(misses[i].value, expected[i].value, 1e-5);
      EXPECT_LE(misses[i].value, 0);
    }
  }
}

TEST(NearMisses, CanBeLeftOut) {
  const Autoencoder autoencoder(smallParameters(6, 20));
  const TokenSample sample = sampleOf(autoencoder, inputs(30, 6), 10, 30);
  for (const auto& misses :
       nearMisses(autoencoder, sample, 0, {.stop = {}, .progress = progress})) {
    EXPECT_TRUE(misses.empty());
  }
}

TEST(FeatureNeighbours, AreTheLargestCosines) {
  for (const std::int64_t features : {2, 300, 601}) {
    const at::Tensor rows = inputs(features, 9);
    const at::Tensor unit = rows.to(at::kDouble) / rows.to(at::kDouble).norm(2, {1}, true);
    const at::Tensor cosines = unit.mm(unit.t()).fill_diagonal_(-2);
    const FeatureNeighbours neighbours(rows);
    std::int32_t next = 0;
    neighbours.forEach(
        5, {.stop = {}, .progress = progress},
        [&](FeatureId feature, const std::vector<SimilarFeature>& nearest) {
          EXPECT_EQ(feature.value, next++);
          ASSERT_EQ(std::ssize(nearest), std::min<std::int64_t>(5, features - 1));
          const at::Tensor sorted = std::get<0>(cosines[feature.value].sort(0, true));
          const auto alone = neighbours.nearest(feature, 5);
          for (std::size_t i = 0; i < nearest.size(); ++i) {
            const auto rank = static_cast<std::int64_t>(i);
            EXPECT_NEAR(nearest[i].cosine, sorted[rank].item<double>(), 1e-6);
            EXPECT_NEAR(nearest[i].cosine,
                        cosines[feature.value][nearest[i].feature.value].item<double>(), 1e-6);
            EXPECT_NEAR(alone[i].cosine, nearest[i].cosine, 1e-6);
          }
        });
    EXPECT_EQ(next, features);
  }
}

TEST(FeatureNeighbours, OfEqualCosinesComeByIdAndRowsWithoutLengthAreNearNothing) {
  const at::Tensor rows =
      at::tensor({1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 0.0, 5.0, 0.0}, at::kFloat)
          .view({6, 2});
  const FeatureNeighbours neighbours(rows);
  const auto nearest = neighbours.nearest(FeatureId{1}, 3);
  ASSERT_EQ(nearest.size(), 3U);
  EXPECT_EQ(nearest[0].feature, FeatureId{0});
  EXPECT_EQ(nearest[1].feature, FeatureId{4});
  EXPECT_EQ(nearest[2].feature, FeatureId{5});
  EXPECT_TRUE(neighbours.nearest(FeatureId{2}, 3).empty());
  for (const auto& one : neighbours.nearest(FeatureId{0}, 10)) EXPECT_NE(one.feature, FeatureId{2});
}

}  // namespace
}  // namespace featurescope
