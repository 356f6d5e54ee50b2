// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/sae_step_torch.h"
#include "core/train/unit_rows_torch.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <array>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 9, kWidth = 5, kFeatures = 11;
constexpr double kL1 = 0.3;

at::TensorOptions doubles() { return {at::kDouble}; }

AutoencoderParameters randomParameters() {
  return {at::randn({kWidth, kFeatures}, doubles()), at::randn({kFeatures, kWidth}, doubles()),
          at::randn({kFeatures}, doubles()), at::randn({kWidth}, doubles())};
}

std::array<at::Tensor, 4> inOrder(const AutoencoderParameters& p) {
  return {p.W_enc, p.W_dec, p.b_enc, p.b_dec};
}

/// The loss as the paper writes it, through LibTorch's differentiable operators.
at::Tensor paperLoss(const AutoencoderParameters& p, const at::Tensor& x) {
  const at::Tensor f = ((x - p.b_dec).matmul(p.W_enc) + p.b_enc).relu();
  const at::Tensor decoded = f.matmul(p.W_dec) + p.b_dec;
  return (x - decoded).square().sum(1).mean() + kL1 * f.sum(1).mean();
}

at::Tensor noneDead() { return at::zeros({kFeatures}, at::kBool); }

class SaeStepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(3);
    parameters_ = randomParameters();
    x_ = at::randn({kTokens, kWidth}, doubles());
  }
  AutoencoderParameters parameters_;
  at::Tensor x_;
};

TEST_F(SaeStepTest, HasTheGradientsOfAutograd) {
  SaeStep step(kTokens, parameters_);
  const StepLosses losses = step.run(parameters_, x_, kL1, noneDead());
  for (at::Tensor parameter : inOrder(parameters_)) parameter.set_requires_grad(true);
  const at::Tensor loss = paperLoss(parameters_, x_);
  loss.backward();
  EXPECT_NEAR(losses.total(kL1), loss.item<double>(), 1e-10);
  const auto gradients = inOrder(step.gradients()), parameters = inOrder(parameters_);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_LE((gradients[i] - parameters[i].grad()).abs().max().item<double>(), 1e-12) << i;
  }
}

TEST_F(SaeStepTest, HasTheGradientsOfFiniteDifferences) {
  SaeStep step(kTokens, parameters_);
  step.run(parameters_, x_, kL1, noneDead());
  constexpr double kDelta = 1e-6;
  const auto gradients = inOrder(step.gradients()), parameters = inOrder(parameters_);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    at::Tensor flat = parameters[i].view(-1);
    for (std::int64_t j = 0; j < flat.numel(); j += 7) {
      const double before = flat[j].item<double>();
      flat[j] = before + kDelta;
      const double above = paperLoss(parameters_, x_).item<double>();
      flat[j] = before - kDelta;
      const double below = paperLoss(parameters_, x_).item<double>();
      flat[j] = before;
      EXPECT_NEAR(gradients[i].view(-1)[j].item<double>(), (above - below) / (2 * kDelta), 1e-6)
          << i << " " << j;
    }
  }
}

TEST_F(SaeStepTest, CountsTheTokensOfEachFeature) {
  SaeStep step(kTokens, parameters_);
  step.run(parameters_, x_, kL1, noneDead());
  const at::Tensor f =
      ((x_ - parameters_.b_dec).matmul(parameters_.W_enc) + parameters_.b_enc).relu();
  EXPECT_TRUE(step.activeTokens().equal(f.gt(0).sum(0).to(at::kDouble)));
}

TEST_F(SaeStepTest, LeavesNoParallelComponentAndNoOtherChange) {
  at::Tensor gradient = at::randn({kFeatures, kWidth}, doubles());
  const at::Tensor before = gradient.clone();
  removeParallelComponent(gradient, parameters_.W_dec);
  EXPECT_LE((gradient * parameters_.W_dec).sum(1).abs().max().item<double>(), 1e-12);
  // What was taken away lies along the rows: its part across them is nothing.
  const at::Tensor unit = parameters_.W_dec / parameters_.W_dec.norm(2, 1, true);
  const at::Tensor taken = before - gradient;
  EXPECT_LE((taken - (taken * unit).sum(1, true) * unit).abs().max().item<double>(), 1e-12);
}

TEST_F(SaeStepTest, NormalisesRowsAndLeavesARowOfZerosAlone) {
  at::Tensor rows = at::randn({4, kWidth});
  rows[2].zero_();
  normaliseRows(rows);
  const at::Tensor norms = rows.norm(2, 1);
  for (const std::int64_t row : {0, 1, 3}) EXPECT_NEAR(norms[row].item<double>(), 1, 1e-6);
  EXPECT_EQ(norms[2].item<double>(), 0);
}

}  // namespace
}  // namespace featurescope
