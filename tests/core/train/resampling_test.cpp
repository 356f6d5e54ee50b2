// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/resampling_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kWidth = 6, kFeatures = 24, kTokens = 10;

at::Tensor deadOnes(const std::vector<std::int64_t>& ids) {
  const at::Tensor dead = at::zeros({kFeatures}, at::kBool);
  for (const std::int64_t id : ids) dead[id] = true;
  return dead;
}

class FeatureResamplerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(4);
    parameters_ = randomAutoencoder(kWidth, kFeatures, 1);
    parameters_.b_enc = at::randn({kFeatures});
    parameters_.b_dec = at::randn({kWidth});
    before_ = {parameters_.W_enc.clone(), parameters_.W_dec.clone(), parameters_.b_enc.clone(),
               parameters_.b_dec.clone()};
    x_ = at::randn({kTokens, kWidth});
    errors_ = at::rand({kTokens});
  }

  void expectOthersUntouched(const std::vector<std::int64_t>& ids) const {
    const at::Tensor others = deadOnes(ids).logical_not().nonzero().squeeze(1);
    EXPECT_TRUE(
        parameters_.W_enc.index_select(1, others).equal(before_.W_enc.index_select(1, others)));
    EXPECT_TRUE(
        parameters_.W_dec.index_select(0, others).equal(before_.W_dec.index_select(0, others)));
    EXPECT_TRUE(
        parameters_.b_enc.index_select(0, others).equal(before_.b_enc.index_select(0, others)));
    EXPECT_TRUE(parameters_.b_dec.equal(before_.b_dec));
  }

  AutoencoderParameters parameters_, before_;
  at::Tensor x_, errors_;
};

TEST_F(FeatureResamplerTest, IsDueEverySoManySteps) {
  const FeatureResampler resampler({Resampling::Kaiming, 3}, 2, 0);
  std::vector<std::int64_t> due;
  for (std::int64_t stepsDone = 1; stepsDone <= 10; ++stepsDone) {
    if (resampler.isDue(stepsDone)) due.push_back(stepsDone);
  }
  EXPECT_EQ(due, (std::vector<std::int64_t>{3, 6, 9}));
  EXPECT_FALSE(FeatureResampler({Resampling::None, 3}, 2, 0).isDue(3));
}

TEST_F(FeatureResamplerTest, DrawsKaimingUniformVectorsForTheDeadAlone) {
  FeatureResampler resampler({Resampling::Kaiming, 5}, 5, 9);
  const std::vector<std::int64_t> dead{0, 7, 23};
  const at::Tensor ids = resampler.resample(parameters_, deadOnes(dead), 5);
  EXPECT_TRUE(ids.equal(at::tensor(dead, at::kLong)));
  expectOthersUntouched(dead);
  const double bound = std::sqrt(6.0 / kFeatures);
  for (const std::int64_t id : dead) {
    const at::Tensor column = parameters_.W_enc.select(1, id);
    EXPECT_FALSE(column.equal(before_.W_enc.select(1, id)));
    EXPECT_LE(column.abs().max().item<double>(), bound);
    EXPECT_NEAR(parameters_.W_dec[id].norm().item<double>(), 1, 1e-6);
    EXPECT_EQ(parameters_.b_enc[id].item<double>(), 0);
  }
}

TEST(KaimingResampling, IsUniformOverItsWholeRange) {
  AutoencoderParameters parameters = randomAutoencoder(64, 256, 1);
  FeatureResampler resampler({Resampling::Kaiming, 1}, 1, 5);
  resampler.resample(parameters, at::ones({256}, at::kBool), 1);
  const double bound = std::sqrt(6.0 / 256);
  const at::Tensor scaled = parameters.W_enc / bound;
  EXPECT_NEAR(scaled.mean().item<double>(), 0, 0.02);
  EXPECT_NEAR(scaled.square().mean().item<double>(), 1.0 / 3, 0.01);  // a uniform variable's
  EXPECT_GT(scaled.max().item<double>(), 0.99);
  EXPECT_LT(scaled.min().item<double>(), -0.99);
  EXPECT_LT((parameters.W_enc.t() - parameters.W_dec).abs().mean().item<double>(), 1);
}

TEST_F(FeatureResamplerTest, PointsFeaturesAlongInputsWhenAskedForLoss) {
  FeatureResampler resampler({Resampling::Loss, 5}, 5, 2);
  for (std::int64_t step = 0; step < 5; ++step) resampler.remember(x_ + step, errors_, step);
  const std::vector<std::int64_t> dead{2, 3, 11};
  resampler.resample(parameters_, deadOnes(dead), 5);
  expectOthersUntouched(dead);
  const at::Tensor alive = deadOnes(dead).logical_not().nonzero().squeeze(1);
  const double meanNorm = before_.W_enc.index_select(1, alive).norm(2, 0).mean().item<double>();
  for (const std::int64_t id : dead) {
    double nearest = 1;
    for (std::int64_t step = 0; step < 5; ++step) {
      const at::Tensor directions = x_ + step - before_.b_dec;
      const at::Tensor unit = directions / directions.norm(2, 1, true);
      nearest = std::min(nearest, (unit - parameters_.W_dec[id]).norm(2, 1).min().item<double>());
    }
    EXPECT_LT(nearest, 1e-5);
    EXPECT_TRUE(parameters_.W_enc.select(1, id).allclose(parameters_.W_dec[id] * (0.2 * meanNorm)));
    EXPECT_EQ(parameters_.b_enc[id].item<double>(), 0);
  }
}

TEST_F(FeatureResamplerTest, DrawsInputsByTheSquareOfTheirError) {
  errors_.zero_();
  errors_[4] = 1;
  errors_[7] = 3;
  const at::Tensor direction = x_[7] - before_.b_dec;
  constexpr int kDraws = 500;
  int larger = 0;
  for (int seed = 0; seed < kDraws; ++seed) {
    FeatureResampler resampler({Resampling::Loss, 1}, 5, static_cast<std::uint64_t>(seed));
    resampler.remember(x_, errors_, 0);
    resampler.resample(parameters_, deadOnes({5}), 1);
    larger += static_cast<int>(parameters_.W_dec[5].allclose(direction / direction.norm()));
  }
  // 9 to 1; four standard deviations, and 3 to 1 would be eleven away.
  EXPECT_NEAR(static_cast<double>(larger) / kDraws, 0.9, 0.054);
}

TEST_F(FeatureResamplerTest, DrawsNoInputWithoutAnError) {
  FeatureResampler resampler({Resampling::Loss, 1}, 5, 2);
  errors_.zero_();
  errors_[4] = 1e-3;
  resampler.remember(x_, errors_, 0);
  resampler.resample(parameters_, deadOnes({5, 6}), 1);
  const at::Tensor direction = x_[4] - before_.b_dec;
  EXPECT_TRUE(parameters_.W_dec[5].allclose(direction / direction.norm()));
  EXPECT_TRUE(parameters_.W_dec[6].equal(parameters_.W_dec[5]));  // there is no other to draw
}

TEST_F(FeatureResamplerTest, ForgetsWhatAGatedFeatureLearnedBesides) {
  parameters_.r_mag = at::ones({kFeatures});
  parameters_.b_mag = at::ones({kFeatures});
  parameters_.log_threshold = at::arange(kFeatures).to(at::kFloat);
  FeatureResampler resampler({Resampling::Kaiming, 1}, 5, 2);
  resampler.resample(parameters_, deadOnes({23}), 1);
  EXPECT_EQ(parameters_.r_mag.sum().item<double>(), kFeatures - 1);
  EXPECT_EQ(parameters_.b_mag[23].item<double>(), 0);
  EXPECT_EQ(parameters_.log_threshold[23].item<double>(), 11);  // the mean of 0 … 22
}

TEST_F(FeatureResamplerTest, CountsWhatBecameOfThem) {
  FeatureResampler resampler({Resampling::Kaiming, 100}, 20, 2);
  resampler.resample(parameters_, deadOnes({1, 2, 3, 4}), 100);
  const at::Tensor lastActive = at::zeros({kFeatures}, at::kLong);
  lastActive[1] = 101;  // once, at the very start
  lastActive[2] = 120;  // lately
  lastActive[3] = 100;  // before it was resampled
  lastActive[9] = 120;  // not one of them
  EXPECT_FALSE(resampler.takeOutcome(lastActive, 119));
  const auto outcome = resampler.takeOutcome(lastActive, 120);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->resampledAfter, 100);
  EXPECT_EQ(outcome->window, 20);
  EXPECT_EQ(outcome->features, 4);
  EXPECT_EQ(outcome->fired, 2);
  EXPECT_EQ(outcome->firedLately, 1);
  EXPECT_FALSE(resampler.takeOutcome(lastActive, 121));
}

TEST_F(FeatureResamplerTest, GoesOnFromWhatItSavedAsIfNothingHadHappened) {
  for (const Resampling method : {Resampling::Kaiming, Resampling::Loss}) {
    FeatureResampler whole({method, 4}, 5, 2);
    AutoencoderParameters first = randomAutoencoder(kWidth, kFeatures, 3);
    whole.resample(first, deadOnes({0}), 4);
    for (std::int64_t step = 4; step < 6; ++step) whole.remember(x_ + step, errors_, step);
    FeatureResampler continued({method, 4}, 5, 77);
    continued.restore(whole.save(), first);
    AutoencoderParameters second = first;
    for (auto& [name, tensor] : second.named()) *tensor = tensor->clone();
    const auto finish = [&](FeatureResampler& resampler, AutoencoderParameters& parameters) {
      for (std::int64_t step = 6; step < 8; ++step) resampler.remember(x_ - step, errors_, step);
      resampler.resample(parameters, deadOnes({3, 8}), 8);
    };
    finish(whole, first);
    finish(continued, second);
    EXPECT_TRUE(first.W_enc.equal(second.W_enc)) << nameOf(method);
    EXPECT_TRUE(first.W_dec.equal(second.W_dec)) << nameOf(method);
  }
}

TEST_F(FeatureResamplerTest, RefusesADamagedState) {
  FeatureResampler resampler({Resampling::Kaiming, 4}, 5, 2);
  resampler.resample(parameters_, deadOnes({1}), 4);
  SavedState state = resampler.save();
  state.tensors.at("watched") = at::tensor({kFeatures}, at::kLong);
  EXPECT_THROW(resampler.restore(state, parameters_), UserError);
  EXPECT_THROW(resampler.restore(SavedState{}, parameters_), UserError);
}

TEST(DrawByWeight, DrawsEachInProportionToItsWeight) {
  const std::vector<double> weights{1, 0, 4, 5};
  RandomStream random(8);
  std::array<int, 4> first{}, second{};
  constexpr int kDraws = 40'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto drawn = drawByWeight(weights, 2, random);
    ASSERT_NE(drawn[0], drawn[1]);
    ++first.at(static_cast<std::size_t>(drawn[0]));
    ++second.at(static_cast<std::size_t>(drawn[1]));
  }
  const double expectedFirst[] = {0.1, 0, 0.4, 0.5};
  // Σ over the first draw of its chance × the chance among those left.
  const double expectedSecond[] = {0.4 * 1 / 6 + 0.5 * 1 / 5, 0, 0.1 * 4 / 9 + 0.5 * 4 / 5,
                                   0.1 * 5 / 9 + 0.4 * 5 / 6};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(first.at(i) / double{kDraws}, expectedFirst[i], 0.01) << i;
    EXPECT_NEAR(second.at(i) / double{kDraws}, expectedSecond[i], 0.01) << i;
  }
}

TEST(DrawByWeight, TreatsAllAlikeWhenNothingHasAWeight) {
  RandomStream random(8);
  std::vector<std::int64_t> drawn = drawByWeight({0, 0, 0}, 3, random);
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(drawn, (std::vector<std::int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace featurescope
