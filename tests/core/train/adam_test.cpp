// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/adam_torch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace featurescope {
namespace {

/// torch.optim.Adam's documented algorithm for one number.
struct ScalarAdam {
  AdamOptions options;
  double value, firstMoment = 0, secondMoment = 0;
  int steps = 0;

  void step(double gradient) {
    ++steps;
    firstMoment = options.beta1 * firstMoment + (1 - options.beta1) * gradient;
    secondMoment = options.beta2 * secondMoment + (1 - options.beta2) * gradient * gradient;
    const double first = firstMoment / (1 - std::pow(options.beta1, steps));
    const double second = secondMoment / (1 - std::pow(options.beta2, steps));
    value -= options.learningRate * first / (std::sqrt(second) + options.epsilon);
  }
};

TEST(Adam, EqualsPyTorchsFormulaNumberByNumber) {
  at::manual_seed(1);
  const AdamOptions options{.learningRate = 3e-3, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-4};
  at::Tensor matrix = at::randn({3, 37}, at::kDouble), vector = at::randn({5}, at::kDouble);
  std::vector<ScalarAdam> expected;
  for (const at::Tensor& tensor : {matrix, vector}) {
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      expected.push_back({options, tensor.view(-1)[i].item<double>()});
    }
  }
  Adam adam(options, {matrix, vector});
  for (int step = 0; step < 25; ++step) {
    const at::Tensor a = at::randn({3, 37}, at::kDouble), b = at::randn({5}, at::kDouble);
    adam.step({a, b});
    const at::Tensor gradients = at::cat({a.view(-1), b});
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i].step(gradients[static_cast<std::int64_t>(i)].item<double>());
    }
  }
  const at::Tensor values = at::cat({matrix.view(-1), vector});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(values[static_cast<std::int64_t>(i)].item<double>(), expected[i].value, 1e-12);
  }
}

/// W_enc as training has it, W_dec, a bias: in double precision, and in float32 where the kernel
/// steps.
struct Parameters {
  explicit Parameters(at::ScalarType type)
      : tensors{at::randn({7, 35}, at::kDouble).to(type).t().contiguous().t(),
                at::randn({35, 7}, at::kDouble).to(type), at::randn({35}, at::kDouble).to(type)} {}
  std::vector<at::Tensor> tensors;
};

class AdamInFloat32 : public ::testing::TestWithParam<RowConstraint> {};

TEST_P(AdamInFloat32, GoesTheWayOfAdamInDoublePrecision) {
  const std::vector<AfterStep> after{{}, {GetParam(), std::nullopt}};
  at::manual_seed(2);
  Parameters exact(at::kDouble);
  at::manual_seed(2);
  Parameters single(at::kFloat);
  const AdamOptions options{.learningRate = 3e-3, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-4};
  Adam exactAdam(options, exact.tensors), singleAdam(options, single.tensors);
  for (int step = 0; step < 25; ++step) {
    std::vector<at::Tensor> gradients, rounded;
    for (const at::Tensor& tensor : exact.tensors) {
      gradients.push_back(at::randn(tensor.sizes(), at::kDouble));  // strides other than W_enc's
      rounded.push_back(gradients.back().to(at::kFloat));
    }
    exactAdam.step(gradients, after);
    singleAdam.step(rounded, after);
  }
  for (std::size_t i = 0; i < exact.tensors.size(); ++i) {
    const at::Tensor difference = exact.tensors[i] - single.tensors[i];
    EXPECT_LE(difference.abs().max().item<double>(), 2e-6) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Constraints, AdamInFloat32,
                         ::testing::Values(RowConstraint::None, RowConstraint::UnitNorm,
                                           RowConstraint::ProjectedUnitNorm));

}  // namespace
}  // namespace featurescope
