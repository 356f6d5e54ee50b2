// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/initial_parameters_torch.h"
#include "core/train/sae_step_torch.h"
#include "core/train/unit_rows_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kWidth = 16, kFeatures = 64, kDirections = 32, kTokens = 128;
constexpr double kTarget = 5;

/// Batches of sparse mixtures of planted directions, about 3 of them a token.
class PlantedActivations {
 public:
  PlantedActivations() {
    directions_ = at::empty({kDirections, kWidth});
    float* values = directions_.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < directions_.numel(); ++i) {
      values[i] = static_cast<float>(random_.normal());
    }
    normaliseRows(directions_);
  }

  at::Tensor next() {
    const at::Tensor amounts = at::zeros({kTokens, kDirections});
    float* values = amounts.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < amounts.numel(); ++i) {
      if (random_.uniform() < 3.0 / kDirections) {
        values[i] = static_cast<float>(0.5 + random_.uniform());
      }
    }
    return amounts.mm(directions_);
  }

 private:
  RandomStream random_{3, "planted"};
  at::Tensor directions_;
};

struct Course {
  std::vector<TrainMetrics> steps;
  std::int64_t heldAt = -1;

  [[nodiscard]] double meanL0(std::size_t from, std::size_t to) const {
    double sum = 0;
    for (std::size_t t = from; t < to; ++t) sum += steps[t].l0;
    return sum / static_cast<double>(to - from);
  }
};

/// A run that starts `factor` times as far from sparse as the measured coefficient would let it.
Course train(L1Mode mode, double factor, std::int64_t steps) {
  PlantedActivations activations;
  const at::Tensor first = activations.next();
  AutoencoderTrainer::Options options;
  options.tokensPerStep = kTokens;
  options.learningRate.peak = 2e-3;
  options.l1 = {.mode = mode,
                .initial = factor * measuredL1Coefficient(first, kFeatures),
                .targetL0 = kTarget,
                .adjustAfterTokens = 200 * kTokens};
  AutoencoderParameters parameters = randomAutoencoder(kWidth, kFeatures, 1);
  auto objective = std::make_unique<SaeStep>(kTokens, parameters);
  AutoencoderTrainer trainer(std::move(parameters), std::move(objective), options);
  Course course;
  for (std::int64_t t = 0; t < steps; ++t) {
    course.steps.push_back(trainer.step(activations.next()));
    for (const TrainEvent& event : trainer.takeEvents()) {
      if (event.kind == "l1-held") course.heldAt = event.step;
    }
  }
  return course;
}

TEST(L1ControlInTraining, TracksTheTargetFromTooDenseAndFromTooSparse) {
  constexpr std::size_t kSteps = 3000, kWindow = 250;
  for (const double factor : {0.05, 6.0}) {
    const Course course = train(L1Mode::Track, factor, kSteps);
    const double before = course.meanL0(190, 200);
    if (factor < 1) {
      EXPECT_GT(before, 3 * kTarget);
    } else {
      EXPECT_LT(before, kTarget / 3);
    }
    for (std::size_t from = kSteps / 2; from + kWindow <= kSteps; from += kWindow) {
      EXPECT_NEAR(course.meanL0(from, from + kWindow) / kTarget, 1, 0.05) << factor << " " << from;
    }
    // Most features live: it never went through an SAE that was all but dead.
    EXPECT_LT(course.steps.back().dead, kFeatures / 4) << factor;
  }
}

TEST(L1ControlInTraining, HoldsTheCoefficientStillOnceTheTargetIsReached) {
  for (const double factor : {0.05, 6.0}) {
    const Course course = train(L1Mode::UntilTarget, factor, 2500);
    ASSERT_GE(course.heldAt, 200) << factor;
    const auto held = static_cast<std::size_t>(course.heldAt);
    EXPECT_NEAR(course.meanL0(held - 15, held + 1) / kTarget, 1, 0.15) << factor;
    const double coefficient = course.steps[held + 1].l1Coefficient;
    EXPECT_NE(coefficient, course.steps[0].l1Coefficient);
    for (std::size_t t = held + 1; t < course.steps.size(); ++t) {
      ASSERT_EQ(course.steps[t].l1Coefficient, coefficient);
    }
    EXPECT_GT(course.meanL0(course.steps.size() - 200, course.steps.size()), kTarget / 3);
  }
}

}  // namespace
}  // namespace featurescope
