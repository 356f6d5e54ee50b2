// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/objective_gated_torch.h"
#include "core/train/objective_jumprelu_torch.h"
#include "core/train/objective_topk_torch.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 9, kWidth = 6, kFeatures = 14;

at::TensorOptions doubles() { return {at::kDouble}; }

AutoencoderParameters randomParameters() {
  return {at::randn({kWidth, kFeatures}, doubles()), at::randn({kFeatures, kWidth}, doubles()),
          at::randn({kFeatures}, doubles()), at::randn({kWidth}, doubles())};
}

at::Tensor preActivations(const AutoencoderParameters& p, const at::Tensor& x) {
  return (x - p.b_dec).matmul(p.W_enc) + p.b_enc;
}

at::Tensor reconstruction(const AutoencoderParameters& p, const at::Tensor& f) {
  return f.matmul(p.W_dec) + p.b_dec;
}

at::Tensor meanSquare(const at::Tensor& error) { return error.square().sum(1).mean(); }

/// 1 where an entry is among the k largest of its row, by counting those that are larger.
at::Tensor amongLargest(const at::Tensor& z, std::int64_t k) {
  return z.unsqueeze(1).gt(z.unsqueeze(2)).sum(2).lt(k).to(at::kDouble);
}

using Loss = std::function<at::Tensor(const AutoencoderParameters&)>;

class ObjectivesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(8);
    parameters_ = randomParameters();
    x_ = 2 * at::randn({kTokens, kWidth}, doubles());
    dead_ = at::zeros({kFeatures}, at::kBool);
  }

  /// The objective's loss and gradients are those of `loss`, by autograd and by finite differences.
  void expectGradientsOf(const Loss& loss, Objective& objective, double coefficient,
                         double expectedLoss) {
    AutoencoderParameters leaves = parameters_;
    for (const auto& [name, tensor] : leaves.named()) {
      *tensor = tensor->detach().clone().set_requires_grad(true);
    }
    loss(leaves).backward();
    const StepLosses losses = objective.run(parameters_, x_, coefficient, dead_);
    EXPECT_NEAR(losses.total(coefficient), expectedLoss, 1e-9 * std::abs(expectedLoss));
    const auto gradients = objective.gradients().named(), expected = leaves.named();
    ASSERT_EQ(gradients.size(), expected.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const at::Tensor& gradient = *gradients[i].second;
      if (gradients[i].first == "log_threshold") continue;  // a step function has no such gradient
      EXPECT_LE((gradient - expected[i].second->grad()).abs().max().item<double>(), 1e-11)
          << gradients[i].first;
      expectFiniteDifferences(loss, *parameters_.named()[i].second, gradient);
    }
  }

 private:
  void expectFiniteDifferences(const Loss& loss, at::Tensor& parameter,
                               const at::Tensor& gradient) {
    constexpr double kDelta = 1e-6;
    at::Tensor flat = parameter.view(-1);
    for (std::int64_t j = 0; j < flat.numel(); j += 5) {
      const double before = flat[j].item<double>();
      flat[j] = before + kDelta;
      const double above = loss(parameters_).item<double>();
      flat[j] = before - kDelta;
      const double below = loss(parameters_).item<double>();
      flat[j] = before;
      EXPECT_NEAR(gradient.view(-1)[j].item<double>(), (above - below) / (2 * kDelta), 1e-6) << j;
    }
  }

 protected:
  AutoencoderParameters parameters_;
  at::Tensor x_, dead_;
};

TEST_F(ObjectivesTest, TopKHasTheGradientsOfItsLoss) {
  constexpr std::int64_t kK = 4;
  const Loss loss = [&](const AutoencoderParameters& p) {
    const at::Tensor z = preActivations(p, x_);
    return meanSquare(x_ - reconstruction(p, z.relu() * amongLargest(z, kK)));
  };
  TopKObjective objective(kTokens, parameters_, {.k = kK, .auxiliaryCoefficient = 0.5});
  expectGradientsOf(loss, objective, 7, loss(parameters_).item<double>());
  EXPECT_LE(objective.activeTokens().sum().item<double>(), kTokens * kK);
}

TEST_F(ObjectivesTest, TopKWithDeadFeaturesHasTheGradientsOfBothLosses) {
  constexpr std::int64_t kK = 3;
  constexpr double kAlpha = 0.25;
  for (const std::int64_t count : {2, 5}) {  // less and more than d/2 = 3
    dead_.zero_();
    dead_.narrow(0, 4, count).fill_(true);
    const auto features = [&](const at::Tensor& z) { return z.relu() * amongLargest(z, kK); };
    // The error that the dead features reconstruct is taken as given.
    const at::Tensor error =
        x_ - reconstruction(parameters_, features(preActivations(parameters_, x_)));
    const Loss loss = [&](const AutoencoderParameters& p) {
      const at::Tensor z = preActivations(p, x_);
      const at::Tensor zDead = z.narrow(1, 4, count);
      const at::Tensor a = zDead.relu() * amongLargest(zDead, kWidth / 2);
      return meanSquare(x_ - reconstruction(p, features(z))) +
             kAlpha * meanSquare(error - a.matmul(p.W_dec.narrow(0, 4, count)));
    };
    TopKObjective objective(kTokens, parameters_, {.k = kK, .auxiliaryCoefficient = kAlpha});
    expectGradientsOf(loss, objective, 0, loss(parameters_).item<double>());
  }
}

TEST_F(ObjectivesTest, BatchTopKHasTheGradientsOfItsLoss) {
  constexpr std::int64_t kK = 3;
  const auto selected = [](const at::Tensor& z) {
    return amongLargest(z.reshape({1, -1}), kK * kTokens).view_as(z);
  };
  const Loss loss = [&](const AutoencoderParameters& p) {
    const at::Tensor z = preActivations(p, x_);
    return meanSquare(x_ - reconstruction(p, z.relu() * selected(z)));
  };
  TopKObjective objective(kTokens, parameters_, {.k = kK, .acrossBatch = true});
  expectGradientsOf(loss, objective, 0, loss(parameters_).item<double>());
  EXPECT_EQ(objective.activeTokens().sum().item<double>(), kTokens * kK);
}

TEST_F(ObjectivesTest, BatchTopKAveragesItsSmallestSelectedValueIntoAThreshold) {
  constexpr std::int64_t kK = 2;
  TopKObjective objective(kTokens, parameters_, {.k = kK, .acrossBatch = true});
  double expected = 0;
  for (int step = 0; step < 5; ++step) {
    const at::Tensor x = at::randn({kTokens, kWidth}, doubles());
    objective.run(parameters_, x, 0, dead_);
    const auto sorted = std::get<0>(preActivations(parameters_, x).reshape({-1}).sort(0, true));
    const double smallest = sorted[kK * kTokens - 1].item<double>();
    expected = step == 0 ? smallest : 0.99 * expected + 0.01 * smallest;
  }
  const TrainedAutoencoder trained = objective.trained(parameters_);
  EXPECT_EQ(trained.activation.architecture, Architecture::JumpRelu);
  EXPECT_NEAR(trained.parameters.threshold[0].item<double>(), expected, 1e-12);

  TopKObjective resumed(kTokens, parameters_, {.k = kK, .acrossBatch = true});
  resumed.restore(objective.save());
  EXPECT_TRUE(
      resumed.trained(parameters_).parameters.threshold.equal(trained.parameters.threshold));
}

TEST_F(ObjectivesTest, KBeyondMAndTooFewPositiveValuesKeepWhatIsPositive) {
  const at::Tensor expected = preActivations(parameters_, x_).gt(0).sum(0).to(at::kDouble);
  for (const bool acrossBatch : {false, true}) {
    TopKObjective objective(kTokens, parameters_, {.k = 100, .acrossBatch = acrossBatch});
    objective.run(parameters_, x_, 0, dead_);
    EXPECT_TRUE(objective.activeTokens().equal(expected)) << acrossBatch;
  }
  parameters_.b_enc.fill_(-1000);
  TopKObjective objective(kTokens, parameters_, {.k = 2, .acrossBatch = true});
  const StepLosses losses = objective.run(parameters_, x_, 0, dead_);
  EXPECT_EQ(losses.l1, 0);
  EXPECT_NEAR(losses.reconstruction, meanSquare(x_ - parameters_.b_dec).item<double>(), 1e-9);
}

class JumpReluTest : public ObjectivesTest {
 protected:
  static constexpr double kTarget = 2.5, kBandwidth = 0.8, kLambda = 0.6;
  void SetUp() override {
    ObjectivesTest::SetUp();
    parameters_.log_threshold = at::randn({kFeatures}, doubles()) * 0.5;
  }
  [[nodiscard]] JumpReluObjective objective() const {
    return {kTokens, parameters_, {.targetL0 = kTarget, .bandwidth = kBandwidth}};
  }
};

TEST_F(JumpReluTest, HasTheGradientsOfItsLossButForTheThresholds) {
  const Loss loss = [&](const AutoencoderParameters& p) {
    const at::Tensor z = preActivations(p, x_);
    const at::Tensor active = z.gt(p.log_threshold.exp()).to(at::kDouble);
    const at::Tensor excess = active.sum(1).mean() / kTarget - 1;
    return meanSquare(x_ - reconstruction(p, z * active)) + kLambda * excess * excess +
           0 * p.log_threshold.sum();
  };
  JumpReluObjective tested = objective();
  expectGradientsOf(loss, tested, kLambda, loss(parameters_).item<double>());
}

TEST_F(JumpReluTest, HasThePapersEstimateOfTheThresholdsGradient) {
  JumpReluObjective tested = objective();
  tested.run(parameters_, x_, kLambda, dead_);
  // Entry by entry, as the paper writes it (equations 11 and 12), times θ for the logarithm.
  const at::Tensor z = preActivations(parameters_, x_), theta = parameters_.log_threshold.exp();
  const at::Tensor f = z * z.gt(theta);
  const at::Tensor byFeature =
      2.0 / kTokens * (reconstruction(parameters_, f) - x_).matmul(parameters_.W_dec.t());
  const double l0 = z.gt(theta).sum().item<double>() / kTokens;
  for (std::int64_t j = 0; j < kFeatures; ++j) {
    const double threshold = theta[j].item<double>();
    double expected = 0;
    for (std::int64_t t = 0; t < kTokens; ++t) {
      const double u = (z[t][j].item<double>() - threshold) / kBandwidth;
      const double kernel = u > -0.5 && u < 0.5 ? 1 : 0;
      expected += byFeature[t][j].item<double>() * -(threshold / kBandwidth) * kernel;
      expected += kLambda * 2 * (l0 / kTarget - 1) / kTarget * (-1 / kBandwidth) * kernel / kTokens;
    }
    EXPECT_NEAR(tested.gradients().log_threshold[j].item<double>(), expected * threshold, 1e-10)
        << j;
  }
}

TEST_F(JumpReluTest, IsSavedWithItsThresholdsThemselves) {
  const TrainedAutoencoder trained = objective().trained(parameters_);
  EXPECT_FALSE(trained.parameters.log_threshold.defined());
  EXPECT_TRUE(trained.parameters.threshold.equal(parameters_.log_threshold.exp()));
}

TEST_F(ObjectivesTest, GatedHasTheGradientsOfItsLoss) {
  constexpr double kBeta = 0.3;
  parameters_.r_mag = at::randn({kFeatures}, doubles()) * 0.5;
  parameters_.b_mag = at::randn({kFeatures}, doubles());
  const AutoencoderParameters frozen{parameters_.W_enc, parameters_.W_dec.clone(),
                                     parameters_.b_enc, parameters_.b_dec.clone()};
  const Loss loss = [&](const AutoencoderParameters& p) {
    const at::Tensor y = (x_ - p.b_dec).matmul(p.W_enc);
    const at::Tensor gate = y + p.b_enc;
    const at::Tensor f = gate.gt(0).to(at::kDouble) * (y * p.r_mag.exp() + p.b_mag).relu();
    return meanSquare(x_ - reconstruction(p, f)) + kBeta * gate.relu().sum(1).mean() +
           meanSquare(x_ - reconstruction(frozen, gate.relu()));
  };
  GatedObjective objective(kTokens, parameters_);
  expectGradientsOf(loss, objective, kBeta, loss(parameters_).item<double>());
}

TEST_F(ObjectivesTest, TellTheErrorOfEachToken) {
  TopKObjective objective(kTokens, parameters_, {.k = 4});
  objective.run(parameters_, x_, 0, dead_);
  const at::Tensor z = preActivations(parameters_, x_);
  const at::Tensor expected =
      (x_ - reconstruction(parameters_, z.relu() * amongLargest(z, 4))).square().sum(1);
  EXPECT_LE((objective.tokenErrors() - expected).abs().max().item<double>(), 1e-9);
}

}  // namespace
}  // namespace featurescope
