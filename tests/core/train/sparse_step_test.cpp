// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/adam_torch.h"
#include "core/train/sae_step_torch.h"
#include "core/train/sparse_step_torch.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 70, kWidth = 67, kFeatures = 131;
constexpr double kL1 = 0.3;

AutoencoderParameters randomParameters(double bias) {
  AutoencoderParameters p{at::randn({kWidth, kFeatures}, at::kDouble) / std::sqrt(kWidth),
                          at::randn({kFeatures, kWidth}, at::kDouble) / std::sqrt(kWidth),
                          at::full({kFeatures}, bias, at::kDouble),
                          0.1 * at::randn({kWidth}, at::kDouble)};
  for (const auto& [name, tensor] : p.named()) *tensor = tensor->to(at::kFloat);
  return p;
}

/// The same numbers as the kernels take them.
AutoencoderParameters byFeature(const AutoencoderParameters& p) {
  return {p.W_enc.t().contiguous().t(), p.W_dec.clone(), p.b_enc.clone(), p.b_dec.clone()};
}

AutoencoderParameters inDouble(AutoencoderParameters p) {
  for (const auto& [name, tensor] : p.named()) *tensor = tensor->to(at::kDouble);
  return p;
}

at::Tensor noneDead() { return at::zeros({kFeatures}, at::kBool); }

double relativeError(const at::Tensor& value, const at::Tensor& exact) {
  const double scale = at::linalg_vector_norm(exact).item<double>();
  return at::linalg_vector_norm(value.to(at::kDouble) - exact).item<double>() /
         std::max(scale, 1e-30);
}

/// By the encoder's bias: what part of the features is active.
class SparseStepTest : public ::testing::TestWithParam<double> {
 protected:
  void SetUp() override { at::manual_seed(5); }
};

TEST_P(SparseStepTest, HasTheLossAndGradientsOfDoublePrecision) {
  const AutoencoderParameters parameters = randomParameters(GetParam());
  const AutoencoderParameters single = byFeature(parameters), exact = inDouble(parameters);
  ASSERT_TRUE(SparseStep::supports(single));
  ASSERT_FALSE(SparseStep::supports(exact));
  SaeStep singleStep(kTokens, single), exactStep(kTokens, exact);
  for (int batch = 0; batch < 3; ++batch) {  // after a sparse batch the next is screened
    const at::Tensor x = at::randn({kTokens, kWidth});
    const StepLosses losses = singleStep.run(single, x, kL1, noneDead());
    const StepLosses exactLosses = exactStep.run(exact, x.to(at::kDouble), kL1, noneDead());
    EXPECT_NEAR(losses.reconstruction, exactLosses.reconstruction,
                1e-5 * exactLosses.reconstruction);
    EXPECT_NEAR(losses.l1, exactLosses.l1, 1e-5 * exactLosses.l1);
    EXPECT_TRUE(singleStep.activeTokens().equal(exactStep.activeTokens().to(at::kFloat)));
    EXPECT_LE(relativeError(singleStep.tokenErrors(), exactStep.tokenErrors()), 1e-5);
    const auto expected = exactStep.gradients().named();
    const auto gradients = singleStep.gradients().named();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_LE(relativeError(*gradients[i].second, *expected[i].second), 1e-5)
          << gradients[i].first << " of batch " << batch;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(NoneFewHalfAllActive, SparseStepTest,
                         ::testing::Values(-100.0, -2.5, -1.5, 0.0, 100.0));

TEST_F(SparseStepTest, GoesOnFromASavedStateWithTheSameBits) {
  const AutoencoderParameters parameters = byFeature(randomParameters(-2.5));
  const at::Tensor first = at::randn({kTokens, kWidth}), second = at::randn({kTokens, kWidth});
  SaeStep uninterrupted(kTokens, parameters), resumed(kTokens, parameters);
  uninterrupted.run(parameters, first, kL1, noneDead());
  resumed.restore(uninterrupted.save());
  uninterrupted.run(parameters, second, kL1, noneDead());
  resumed.run(parameters, second, kL1, noneDead());
  const auto expected = uninterrupted.gradients().named(), got = resumed.gradients().named();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(got[i].second->equal(*expected[i].second)) << got[i].first;
  }
}

constexpr double kCurveL1 = 6;

/// Losses of 300 steps on mixtures of a few directions, so that a sparse code is learnt.
std::vector<double> lossCurve(const AutoencoderParameters& parameters, double& lastDensity) {
  at::manual_seed(7);
  const at::Tensor directions = at::randn({100, kWidth});
  SaeStep step(kTokens, parameters);
  Adam adam({.learningRate = 3e-3},
            {parameters.W_enc, parameters.W_dec, parameters.b_enc, parameters.b_dec});
  std::vector<double> losses;
  for (int i = 0; i < 300; ++i) {
    const at::Tensor mixture = at::rand({kTokens, 100}) * at::rand({kTokens, 100}).gt(0.97);
    losses.push_back(
        step.run(parameters, mixture.mm(directions), kCurveL1, noneDead()).total(kCurveL1));
    const AutoencoderParameters& gradients = step.gradients();
    adam.step({gradients.W_enc, gradients.W_dec, gradients.b_enc, gradients.b_dec},
              {{RowConstraint::None, step.roundedEncoder()}, {RowConstraint::UnitNorm, {}}});
  }
  lastDensity = step.activeTokens().sum().item<double>() / static_cast<double>(kTokens * kFeatures);
  return losses;
}

TEST_F(SparseStepTest, TakesTheEncoderAsTheOptimiserRoundedItUntilSomethingElseChangesIt) {
  const StepThresholds always{.sparseBelow = 2, .screenBelow = 2};
  const AutoencoderParameters start = randomParameters(-0.5);
  const AutoencoderParameters kept = byFeature(start), anew = byFeature(start);
  SaeStep keptStep(kTokens, kept, always), anewStep(kTokens, anew, always);
  const auto tensorsOf = [](const AutoencoderParameters& p) {
    return std::vector<at::Tensor>{p.W_enc, p.W_dec, p.b_enc, p.b_dec};
  };
  Adam keptAdam({.learningRate = 3e-2}, tensorsOf(kept));
  Adam anewAdam({.learningRate = 3e-2}, tensorsOf(anew));
  for (int i = 0; i < 30; ++i) {
    const at::Tensor x = at::randn({kTokens, kWidth});
    EXPECT_EQ(keptStep.run(kept, x, kL1, noneDead()).total(kL1),
              anewStep.run(anew, x, kL1, noneDead()).total(kL1))
        << i;
    ASSERT_EQ(keptStep.roundedEncoder().has_value(), multipliesBfloat16()) << i;
    keptAdam.step(tensorsOf(keptStep.gradients()),
                  {{RowConstraint::None, keptStep.roundedEncoder()}});
    anewAdam.step(tensorsOf(anewStep.gradients()));
    if (i % 10 != 9) continue;
    for (const AutoencoderParameters& parameters : {kept, anew}) parameters.W_enc.neg_();
    keptStep.parametersChanged();
  }
}

TEST_F(SparseStepTest, HasTheDenseStepsLossesOver300Steps) {
  const AutoencoderParameters parameters = randomParameters(0);
  double density = 1, exactDensity = 1;
  const std::vector<double> losses = lossCurve(byFeature(parameters), density);
  const std::vector<double> exact = lossCurve(
      {parameters.W_enc, parameters.W_dec, parameters.b_enc, parameters.b_dec}, exactDensity);
  EXPECT_LT(density, 0.08);  // it went from dense over sparse to screened steps
  for (std::size_t i = 0; i < losses.size(); ++i) {
    ASSERT_NEAR(losses[i], exact[i], 1e-3 * exact[i]) << i;
  }
}

}  // namespace
}  // namespace featurescope
