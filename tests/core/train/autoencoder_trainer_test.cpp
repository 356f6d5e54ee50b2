// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/sae_step_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kWidth = 8, kFeatures = 32, kTokens = 16;

/// Step t's batch: sparse mixtures, the same whoever asks.
at::Tensor batch(std::int64_t t) {
  RandomStream random(static_cast<std::uint64_t>(t), "batch");
  at::Tensor x = at::empty({kTokens, kWidth});
  float* values = x.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    values[i] = static_cast<float>(std::max(0.0, random.normal() - 0.5));
  }
  return x;
}

/// Every rule at work, on a clock of small numbers.
AutoencoderTrainer::Options everything(Resampling method) {
  AutoencoderTrainer::Options options;
  options.tokensPerStep = kTokens;
  options.learningRate = {.peak = 0.02, .warmupSteps = 5, .decaySteps = 8, .totalSteps = 40};
  options.l1 = {.mode = L1Mode::Track,
                .initial = 0.4,
                .targetL0 = 3,
                .adjustAfterTokens = 6 * kTokens,
                .warmupSteps = 3};
  options.clipGradient = 0.5;
  options.projectDecoderGradient = true;
  options.deadWindow = 4;
  options.resampling = {.method = method, .every = 6};
  options.seed = 11;
  return options;
}

AutoencoderTrainer trainer(const AutoencoderTrainer::Options& options) {
  AutoencoderParameters parameters = randomAutoencoder(kWidth, kFeatures, 5);
  parameters.b_enc.slice(0, 0, 9).fill_(-50);  // dead until they are resampled
  // Every batch on the way that keeps most from one step to the next.
  const StepThresholds alwaysScreened{.sparseBelow = 2, .screenBelow = 2};
  auto objective = std::make_unique<SaeStep>(kTokens, parameters, alwaysScreened);
  return {std::move(parameters), std::move(objective), options};
}

std::vector<TrainEvent> eventsOf(std::vector<TrainEvent> events, std::string_view kind) {
  std::erase_if(events, [&](const TrainEvent& event) { return event.kind != kind; });
  return events;
}

void expectSame(const AutoencoderTrainer& a, const AutoencoderTrainer& b) {
  const auto first = a.parameters().named(), second = b.parameters().named();
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(first[i].second->equal(*second[i].second)) << first[i].first;
  }
}

TEST(AutoencoderTrainer, GoesOnBitForBitFromItsSavedStateWithEveryRuleAtWork) {
  for (const Resampling method : {Resampling::Kaiming, Resampling::Loss}) {
    for (const std::int64_t cut : {5, 6, 17, 23}) {
      AutoencoderTrainer whole = trainer(everything(method));
      std::vector<TrainMetrics> expected;
      for (std::int64_t t = 0; t < 40; ++t) expected.push_back(whole.step(batch(t)));

      const TemporaryFolder folder;
      AutoencoderTrainer first = trainer(everything(method));
      for (std::int64_t t = 0; t < cut; ++t) first.step(batch(t));
      writeState(folder.path(), first.save());
      AutoencoderTrainer second = trainer(everything(method));
      second.restore(readState(folder.path()));
      EXPECT_EQ(second.stepsDone(), cut);
      for (std::int64_t t = cut; t < 40; ++t) {
        const TrainMetrics figures = second.step(batch(t));
        const TrainMetrics& golden = expected[static_cast<std::size_t>(t)];
        EXPECT_EQ(figures.loss, golden.loss) << t;
        EXPECT_EQ(figures.l1Coefficient, golden.l1Coefficient) << t;
        EXPECT_EQ(figures.learningRate, golden.learningRate) << t;
        EXPECT_EQ(figures.dead, golden.dead) << t;
      }
      expectSame(whole, second);
      EXPECT_FALSE(whole.takeEvents().empty());
    }
  }
}

TEST(AutoencoderTrainer, ResamplesAfterTheRightUpdatesWhatItsFiguresCallDead) {
  for (const Resampling method : {Resampling::Kaiming, Resampling::Loss}) {
    AutoencoderTrainer trained = trainer(everything(method));
    for (std::int64_t t = 0; t < 30; ++t) {
      const TrainMetrics figures = trained.step(batch(t));
      const auto events = eventsOf(trained.takeEvents(), "resampled");
      ASSERT_EQ(events.size(), (t + 1) % 6 == 0 ? 1U : 0U) << t;
      if (events.empty()) continue;
      const Json& ids = events[0].figures.at("features");
      EXPECT_EQ(events[0].step, t);
      EXPECT_EQ(static_cast<std::int64_t>(ids.size()), figures.dead) << t;
      EXPECT_GE(ids.size(), t == 5 ? 9U : 0U);
      // New from head to foot: zero moments, no bias, a unit row.
      const SavedState state = trained.save();
      for (const Json& id : ids) {
        const auto feature = id.get<std::int64_t>();
        EXPECT_EQ(trained.parameters().b_enc[feature].item<double>(), 0);
        EXPECT_NEAR(trained.parameters().W_dec[feature].norm().item<double>(), 1, 1e-5);
        for (const char* moment : {"first", "second"}) {
          const std::string prefix = std::string("adam.") + moment + "_moment.";
          EXPECT_EQ(state.tensors.at(prefix + "0").select(1, feature).abs().sum().item<double>(),
                    0);
          EXPECT_EQ(state.tensors.at(prefix + "1")[feature].abs().sum().item<double>(), 0);
          EXPECT_EQ(state.tensors.at(prefix + "2")[feature].item<double>(), 0);
        }
      }
    }
  }
}

TEST(AutoencoderTrainer, SaysWhatBecameOfTheResampled) {
  AutoencoderTrainer trained = trainer(everything(Resampling::Kaiming));
  for (std::int64_t t = 0; t < 10; ++t) trained.step(batch(t));  // resampled after 5, window 4
  const auto events = eventsOf(trained.takeEvents(), "resampling-outcome");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].step, 9);
  EXPECT_EQ(events[0].figures.at("resampled_after_step"), 5);
  EXPECT_GE(events[0].figures.at("features"), 9);
  EXPECT_GE(events[0].figures.at("fired"), 9);  // random vectors without a bias fire
}

TEST(AutoencoderTrainer, WarmsTheLearningRateUpAgainAfterResamplingByLoss) {
  AutoencoderTrainer::Options options = everything(Resampling::Loss);
  options.learningRate.decaySteps = 0;
  AutoencoderTrainer trained = trainer(options);
  std::vector<double> rates;
  for (std::int64_t t = 0; t < 8; ++t) rates.push_back(trained.step(batch(t)).learningRate);
  const std::vector<double> expected{0.004, 0.008, 0.012, 0.016, 0.02, 0.02, 0.004, 0.008};
  for (std::size_t t = 0; t < expected.size(); ++t) EXPECT_NEAR(rates[t], expected[t], 1e-12);
  EXPECT_EQ(eventsOf(trained.takeEvents(), "learning-rate-rewarmed").size(), 1U);
}

TEST(AutoencoderTrainer, NeverMovesFurtherThanAClippedGradientAllows) {
  // With beta1 = beta2 = 0 and a large epsilon Adam's step is about lr · g / epsilon.
  AutoencoderTrainer::Options options;
  options.tokensPerStep = kTokens;
  options.adam = {.learningRate = 1, .beta1 = 0, .beta2 = 0, .epsilon = 1e6};
  options.learningRate.peak = 1;
  options.l1.initial = 0.1;
  const auto moveOf = [&](std::optional<double> clip) {
    options.clipGradient = clip;
    AutoencoderTrainer trained = trainer(options);
    const at::Tensor before = trained.parameters().W_enc.clone();
    const at::Tensor biasBefore = trained.parameters().b_dec.clone();
    trained.step(batch(0));
    return std::pair{(trained.parameters().W_enc - before).to(at::kDouble),
                     (trained.parameters().b_dec - biasBefore).to(at::kDouble).norm()};
  };
  const auto [free, freeBias] = moveOf(std::nullopt);
  const auto [clipped, clippedBias] = moveOf(1e-1);
  EXPECT_LT(clippedBias.item<double>() * 1e6, 1e-1);
  EXPECT_GT(freeBias.item<double>(), 2 * clippedBias.item<double>());
}

TEST(AutoencoderTrainer, ChangesNothingByAStepWhoseLossIsNoNumber) {
  AutoencoderTrainer trained = trainer(everything(Resampling::Kaiming));
  AutoencoderTrainer untouched = trainer(everything(Resampling::Kaiming));
  for (std::int64_t t = 0; t < 3; ++t) {
    trained.step(batch(t));
    untouched.step(batch(t));
  }
  at::Tensor bad = batch(3);
  bad[2][1] = std::numeric_limits<float>::quiet_NaN();
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      trained.step(bad);
      FAIL() << "a loss that is no number was taken";
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::NotFinite);
    }
  }
  for (std::int64_t t = 3; t < 12; ++t) {
    EXPECT_EQ(trained.step(batch(t)).loss, untouched.step(batch(t)).loss);
  }
  expectSame(trained, untouched);
}

TEST(AutoencoderTrainer, FindsTrainingThatDivergesAndNoneThatDoesNot) {
  AutoencoderTrainer::Options options;
  options.tokensPerStep = kTokens;
  options.l1.initial = 0.1;
  for (const double healthy : {1e-4, 1e-2}) {
    options.learningRate.peak = healthy;
    AutoencoderTrainer trained = trainer(options);
    for (std::int64_t t = 0; t < 300; ++t) EXPECT_NO_THROW(trained.step(batch(t)));
  }
  options.learningRate.peak = 10;
  AutoencoderTrainer trained = trainer(options);
  EXPECT_THROW(
      {
        for (std::int64_t t = 0; t < 300; ++t) trained.step(batch(t));
      },
      UserError);
}

TEST(AutoencoderTrainer, RefusesAStateOfAnotherShape) {
  AutoencoderTrainer trained = trainer(everything(Resampling::Kaiming));
  SavedState state = trained.save();
  state.tensors.at("W_enc") = at::zeros({kWidth, kFeatures + 1});
  EXPECT_THROW(trained.restore(state), UserError);
}

}  // namespace
}  // namespace featurescope
