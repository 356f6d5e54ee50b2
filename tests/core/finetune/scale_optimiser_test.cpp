// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/fine_tune.h"
#include "core/finetune/scale_optimiser_torch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

namespace featurescope {
namespace {

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

/// One parameter under AdamW with decoupled decay toward `rest` and an L1 penalty of its distance
/// from `start`, as the papers write them (Loshchilov and Hutter, algorithm 2).
struct PlainAdamW {
  double value, start, rest;
  double first = 0, second = 0;

  void step(double gradient, int t, const FineTuneSettings& s) {
    gradient += s.l1Coefficient * sign(value - start);
    value -= s.learningRate * s.weightDecay * (value - rest);
    first = s.beta1 * first + (1 - s.beta1) * gradient;
    second = s.beta2 * second + (1 - s.beta2) * gradient * gradient;
    const double corrected = first / (1 - std::pow(s.beta1, t));
    const double root = std::sqrt(second / (1 - std::pow(s.beta2, t)));
    value -= s.learningRate * corrected / (root + s.epsilon);
  }
};

class ScaleOptimiserOf : public ::testing::TestWithParam<std::tuple<DecayToward, double>> {};

TEST_P(ScaleOptimiserOf, GoesTheWayOfPlainAdamW) {
  const auto [toward, l1] = GetParam();
  FineTuneSettings settings;
  settings.learningRate = 0.05;
  settings.weightDecay = 0.4;
  settings.decayToward = toward;
  settings.l1Coefficient = l1;
  ScaleOptimiser optimiser(settings, 3, at::kCPU);
  const double restOfScale = toward == DecayToward::Initial ? 1 : 0;
  std::vector<PlainAdamW> scales(3, PlainAdamW{1, 1, restOfScale});
  std::vector<PlainAdamW> biases(3, PlainAdamW{0, 0, 0});
  // The last feature's gradients are always zero: no token activated it.
  const std::vector<std::vector<double>> gradients{
      {1, -2, 0}, {0.5, -0.25, 0}, {-3, 0, 0}, {1, 1, 0}};
  int t = 0;
  for (const auto& gradient : gradients) {
    ++t;
    const at::Tensor ofC = at::tensor(gradient, at::kFloat), ofD = ofC.mul(-0.5);
    optimiser.step({.c = ofC, .d = ofD});
    for (std::size_t i = 0; i < 3; ++i) {
      scales[i].step(gradient[i], t, settings);
      biases[i].step(-0.5 * gradient[i], t, settings);
      const auto at = static_cast<std::int64_t>(i);
      EXPECT_NEAR(optimiser.c()[at].item<double>(), scales[i].value, 2e-6) << "step " << t;
      EXPECT_NEAR(optimiser.d()[at].item<double>(), biases[i].value, 2e-6) << "step " << t;
    }
  }
  EXPECT_NEAR(optimiser.untouchedScale(), scales[2].value, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Decays, ScaleOptimiserOf,
                         ::testing::Combine(::testing::Values(DecayToward::Zero,
                                                              DecayToward::Initial),
                                            ::testing::Values(0.0, 0.3)));

}  // namespace
}  // namespace featurescope
