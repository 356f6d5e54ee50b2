// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "tests/core/lm/golden_model.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using testing::allSites;
using testing::randomTokens;
using testing::relativeError;

NeoxConfig smallConfig() {
  NeoxConfig config = testing::configOf({});
  config.rotaryFraction = 0.5;
  return config;
}

/// Random weights in double precision, for derivatives by finite differences; every tensor matters.
LanguageModel doubleModel(const NeoxConfig& config) {
  NeoxWeights weights = NeoxWeights::random(config, 7);
  std::uint64_t seed = 0;
  for (auto& [name, tensor] : weights.named()) {
    RandomStream random(++seed);
    at::Tensor noise = at::empty(tensor->sizes(), at::kDouble);
    for (std::int64_t i = 0; i < noise.numel(); ++i) {
      noise.mutable_data_ptr<double>()[i] = 0.3 * random.normal();
    }
    *tensor = tensor->to(at::kDouble) + noise;
  }
  return {config, std::move(weights)};
}

/// (f(x + e) − f(x − e)) / 2e at one element of x.
template <class Function>
double slope(at::Tensor x, std::int64_t element, Function f) {
  const at::NoGradGuard noGrad;
  constexpr double kStep = 1e-5;
  auto flat = x.view(-1);
  const double centre = flat[element].item<double>();
  flat[element] = centre + kStep;
  const double above = f();
  flat[element] = centre - kStep;
  const double below = f();
  flat[element] = centre;
  return (above - below) / (2 * kStep);
}

TEST(LanguageModel, GradientsOfEveryWeightEqualFiniteDifferences) {
  for (const bool parallel : {true, false}) {
    NeoxConfig config = smallConfig();
    config.parallelResidual = parallel;
    const LanguageModel source = doubleModel(config);
    NeoxWeights weights = source.weights();
    const auto named = weights.named();
    for (const auto& [name, tensor] : named) tensor->set_requires_grad(true);
    const LanguageModel model(config, weights);
    const auto tokens = randomTokens(2, 5, config.vocabulary);
    // Weighted, so that each token's own gradient counts.
    const auto loss = [&] {
      const auto losses =
          model.tokenLosses(model.forward(tokens, {}, std::nullopt, true).hidden, tokens);
      return (losses * at::arange(1, 9, at::kFloat).view({2, 4})).sum();
    };
    loss().backward();
    for (const auto& [name, tensor] : named) {
      ASSERT_TRUE(tensor->grad().defined()) << name;
      const std::int64_t element = tensor->numel() / 2;
      // Losses are float32 sums of about 100, so differences of 1e-5 are known to about 1 %.
      const double expected = slope(tensor->detach(), element, [&] {
        const auto hidden = model.forward(tokens, {}, std::nullopt, true).hidden;
        const auto logProbability = at::log_softmax(model.logits(hidden).narrow(1, 0, 4), -1);
        const auto losses =
            logProbability.gather(2, tokens.narrow(1, 1, 4).unsqueeze(-1)).squeeze(-1).neg();
        return (losses * at::arange(1, 9, at::kDouble).view({2, 4})).sum().template item<double>();
      });
      EXPECT_NEAR(tensor->grad().view(-1)[element].item<double>(), expected,
                  1e-3 * (1 + std::abs(expected)))
          << name;
    }
  }
}

TEST(LanguageModel, TheChunkedGradientToTheHiddenStateEqualsAutogradsOwn) {
  NeoxConfig config = smallConfig();
  config.vocabulary = 60'000;  // a chunk is 279 tokens, so these 380 take two
  const LanguageModel frozen(config, NeoxWeights::random(config, 1));
  const auto tokens = randomTokens(20, 20, config.vocabulary);
  const auto weighting = at::rand({20, 19});
  const auto start = at::randn({20, 20, config.width});

  const auto chunked = start.clone().set_requires_grad(true);
  const auto losses = frozen.tokenLosses(chunked, tokens);
  (losses * weighting).sum().backward();

  const auto whole = start.clone().set_requires_grad(true);
  const auto logits = frozen.logits(whole).narrow(1, 0, 19);
  const auto expected =
      at::cross_entropy_loss(logits.reshape({-1, config.vocabulary}),
                             tokens.narrow(1, 1, 19).reshape({-1}), {}, at::Reduction::None)
          .view({20, 19});
  (expected * weighting).sum().backward();

  EXPECT_LT(relativeError(losses.detach(), expected.detach()), 1e-6);
  EXPECT_LT(relativeError(chunked.grad(), whole.grad()), 1e-4);

  const at::NoGradGuard noGrad;
  EXPECT_TRUE(at::equal(frozen.tokenLosses(start, tokens), losses));
}

TEST(LanguageModel, AnEditIsDifferentiableThroughTheRestOfTheModel) {
  const NeoxConfig config = smallConfig();
  const LanguageModel model = doubleModel(config);
  const auto tokens = randomTokens(2, 6, config.vocabulary);
  for (const auto& site : allSites(config)) {
    const auto scale = at::ones({1}, at::kDouble).set_requires_grad(true);
    const auto total = [&] {
      const LanguageModel::Edit edit{site, [&](const at::Tensor& value) { return value * scale; }};
      return model.logits(model.forward(tokens, {}, edit, true).hidden).pow(2).sum();
    };
    total().backward();
    const double expected =
        slope(scale.detach(), 0, [&] { return total().template item<double>(); });
    EXPECT_NEAR(scale.grad().item<double>(), expected, 1e-5 * (1 + std::abs(expected)))
        << site.moduleName();
  }
}

TEST(LanguageModel, RowsAreIndependentAndPaddingOnTheRightReachesNothing) {
  const NeoxConfig config = smallConfig();
  const LanguageModel model(config, NeoxWeights::random(config, 5));
  const at::NoGradGuard noGrad;
  const auto tokens = randomTokens(3, 8, config.vocabulary);
  const Site site{Layer{1}, SiteKind::Resid};
  const auto together = model.activations(tokens, site);
  for (std::int64_t row = 0; row < 3; ++row) {
    const auto alone = model.activations(tokens.narrow(0, row, 1).narrow(1, 0, 5), site);
    EXPECT_LT(relativeError(together.narrow(0, row, 1).narrow(1, 0, 5), alone), 1e-5);
  }
}

TEST(LanguageModel, APassWithoutItsEndStopsAfterTheLastCapture) {
  const NeoxConfig config = smallConfig();
  const LanguageModel model(config, NeoxWeights::random(config, 5));
  const at::NoGradGuard noGrad;
  const auto tokens = randomTokens(1, 4, config.vocabulary);
  const Site first{Layer{0}, SiteKind::MlpOut};
  const auto part = model.forward(tokens, {first}, std::nullopt, false);
  EXPECT_EQ(part.sites.size(), 1u);
  EXPECT_FALSE(part.hidden.defined());
  EXPECT_TRUE(model.forward(tokens, {}, std::nullopt, false).sites.empty());
}

TEST(LanguageModel, ASequenceOfOneTokenPredictsNothing) {
  const NeoxConfig config = smallConfig();
  const LanguageModel model(config, NeoxWeights::random(config, 5));
  const at::NoGradGuard noGrad;
  const auto tokens = randomTokens(2, 1, config.vocabulary);
  const auto hidden = model.forward(tokens, {}, std::nullopt, true).hidden;
  EXPECT_EQ(model.tokenLosses(hidden, tokens).sizes(), at::IntArrayRef({2, 0}));
}

TEST(LanguageModel, RandomWeightsHaveGptNeoxsDistributionAndFollowTheSeed) {
  NeoxConfig config = smallConfig();
  config.vocabulary = 5000;
  NeoxWeights weights = NeoxWeights::random(config, 5);
  EXPECT_NEAR(weights.embedIn.std().item<double>(), 0.02, 0.0005);
  EXPECT_NEAR(weights.embedIn.mean().item<double>(), 0, 0.0005);
  EXPECT_TRUE(at::equal(weights.finalNormWeight, at::ones({config.width})));
  EXPECT_TRUE(at::equal(weights.layers[1].qkvBias, at::zeros({3 * config.width})));
  NeoxWeights same = NeoxWeights::random(config, 5), other = NeoxWeights::random(config, 6);
  for (const auto& [name, tensor] : weights.named()) {
    EXPECT_TRUE(at::equal(*tensor, *same.named().at(name))) << name;
  }
  EXPECT_FALSE(at::equal(weights.embedIn, other.embedIn));
  EXPECT_EQ(weights.named().size(), 4u + 2u * 12u);
}

TEST(LanguageModel, WhatIsSavedIsReadBack) {
  for (const bool tied : {false, true}) {
    NeoxConfig config = smallConfig();
    config.tiedEmbeddings = tied;
    config.attentionBias = !tied;
    const LanguageModel model(config, NeoxWeights::random(config, 5));
    const TemporaryFolder folder;
    saveLanguageModel(folder.path() / "model", model, at::kFloat);
    const auto back = LanguageModel::open(folder.path() / "model", {});
    NeoxWeights written = model.weights(), read = back.weights();
    ASSERT_EQ(written.named().size(), read.named().size());
    for (const auto& [name, tensor] : written.named()) {
      EXPECT_TRUE(at::equal(*tensor, *read.named().at(name))) << name;
    }
    EXPECT_EQ(back.config().toJson(), config.toJson());
    EXPECT_TRUE(at::equal(back.weights().embedOut, model.weights().embedOut));

    saveLanguageModel(folder.path() / "half", model, at::kBFloat16);
    const auto half = LanguageModel::open(folder.path() / "half", {});
    EXPECT_EQ(half.config().torchDtype, "bfloat16");
    EXPECT_TRUE(at::equal(half.weights().embedIn,
                          model.weights().embedIn.to(at::kBFloat16).to(at::kFloat)));
  }
}

TEST(LanguageModel, WithItsMatricesAsStoredComputesTheSameBits) {
  const at::NoGradGuard noGrad;
  const LanguageModel model(smallConfig(), NeoxWeights::random(smallConfig(), 5));
  const TemporaryFolder folder;
  saveLanguageModel(folder.path() / "half", model, at::kHalf);
  const at::Tensor tokens = testing::randomTokens(3, 7, model.config().vocabulary);
  const Site site{Layer{0}, SiteKind::MlpOut};
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const auto converted = LanguageModel::open(folder.path() / "half", {.dtype = type});
    const auto stored = LanguageModel::open(folder.path() / "half",
                                            {.dtype = type, .storage = WeightStorage::Stored});
    EXPECT_EQ(stored.dtype(), type);
    EXPECT_EQ(stored.weights().layers[1].mlpInWeight.scalar_type(), at::kHalf);
    EXPECT_TRUE(at::equal(stored.activations(tokens, site), converted.activations(tokens, site)));
    const auto hidden = stored.forward(tokens, {}, std::nullopt, true).hidden;
    EXPECT_TRUE(at::equal(hidden, converted.forward(tokens, {}, std::nullopt, true).hidden));
    EXPECT_TRUE(at::equal(stored.logits(hidden), converted.logits(hidden)));
    EXPECT_TRUE(
        at::equal(stored.tokenLosses(hidden, tokens), converted.tokenLosses(hidden, tokens)));
  }
}

TEST(LanguageModel, LowerPrecisionAgreesWithinItsOwnPrecision) {
  const testing::GoldenModel golden("parallel");
  const at::NoGradGuard noGrad;
  for (const auto& [dtype, tolerance] :
       {std::pair(at::kBFloat16, 0.05), std::pair(at::kHalf, 0.01)}) {
    const auto model = LanguageModel::open(golden.folder, {.dtype = dtype});
    EXPECT_EQ(model.dtype(), dtype);
    const auto hidden = model.forward(golden.ids(), {}, std::nullopt, true).hidden;
    EXPECT_LT(relativeError(model.logits(hidden).to(at::kFloat), golden.expect("logits")),
              tolerance);
    EXPECT_EQ(model.tokenLosses(hidden, golden.ids()).scalar_type(), at::kFloat);
  }
}

TokenBatch batchOf(std::vector<std::int32_t> ids, std::vector<std::int32_t> lengths) {
  TokenBatch batch;
  for (const auto id : ids) batch.tokens.push_back(TokenId{id});
  batch.length = static_cast<std::int64_t>(ids.size() / lengths.size());
  batch.lengths = std::move(lengths);
  return batch;
}

TEST(TokenBatches, BecomeTensorsOfIdsAndOfWhatIsReal) {
  const NeoxConfig config = smallConfig();
  const LanguageModel model(config, NeoxWeights::random(config, 5));
  const auto batch = batchOf({1, 2, 3, 4, 0, 0}, {3, 1});
  EXPECT_TRUE(at::equal(toTorch(batch, model),
                        at::arange(1, 7).view({2, 3}).where(at::arange(1, 7).view({2, 3}) < 5, 0)));
  const auto real = realTokens(batch, at::kCPU);
  EXPECT_EQ(real.scalar_type(), at::kBool);
  EXPECT_EQ(real[0].sum().item<std::int64_t>(), 3);
  EXPECT_EQ(real[1].sum().item<std::int64_t>(), 1);
  EXPECT_TRUE(real[1][0].item<bool>());
}

TEST(TokenBatches, IdsAndLengthsBeyondTheModelAreErrors) {
  const NeoxConfig config = smallConfig();
  const LanguageModel model(config, NeoxWeights::random(config, 5));
  const auto code = [&](const TokenBatch& batch) {
    try {
      (void)toTorch(batch, model);
    } catch (const UserError& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  };
  EXPECT_EQ(code(batchOf({1, 17}, {2})), ErrorCode::OutOfRange);
  EXPECT_EQ(code(batchOf({-1, 1}, {2})), ErrorCode::OutOfRange);
  EXPECT_EQ(code(batchOf(std::vector<std::int32_t>(17, 1), {17})), ErrorCode::ShapeMismatch);
}

}  // namespace
}  // namespace featurescope
