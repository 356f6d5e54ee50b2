// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/initial_parameters_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace featurescope {
namespace {

double sumOfDistances(const at::Tensor& x, const at::Tensor& point) {
  return (x - point).norm(2, 1).sum().item<double>();
}

/// The least sum of distances by brute force: steps in every direction, ever smaller ones.
double leastSumOfDistances(const at::Tensor& x) {
  at::Tensor best = x.mean(0);
  double least = sumOfDistances(x, best);
  for (double step = 2; step > 1e-9; step /= 2) {
    for (bool improved = true; improved;) {
      improved = false;
      for (std::int64_t i = 0; i < 2 * x.size(1); ++i) {
        at::Tensor tried = best.clone();
        tried[i / 2] += i % 2 == 0 ? step : -step;
        if (const double sum = sumOfDistances(x, tried); sum < least) {
          least = sum;
          best = tried;
          improved = true;
        }
      }
    }
  }
  return least;
}

TEST(GeometricMedian, HasTheLeastSumOfDistancesThatBruteForceFinds) {
  at::manual_seed(1);
  at::Tensor x = at::randn({25, 3}, at::kDouble);
  x[0] *= 100;  // an outlier that would draw the mean away
  EXPECT_LE(sumOfDistances(x, geometricMedian(x)), leastSumOfDistances(x) * (1 + 1e-9));
}

TEST(GeometricMedian, IsTheMedianOnALineAndStandsStillOnARow) {
  const at::Tensor line = at::tensor({1.0, 2.0, 3.0, 50.0, 1000.0}, at::kDouble).unsqueeze(1);
  EXPECT_NEAR(geometricMedian(line).item<double>(), 3, 1e-2);
  // The mean of these, where the search begins, lies on a row and is their median too.
  const at::Tensor cross =
      at::tensor({0.0, 0.0, 2.0, 0.0, -2.0, 0.0, 0.0, 1.0, 0.0, -1.0}, at::kDouble).view({5, 2});
  EXPECT_EQ(geometricMedian(cross).abs().max().item<double>(), 0);
  // Here the mean lies on a row as well, but the other three pull the median away from it.
  const at::Tensor triple =
      at::tensor({0.0, 0.0, 3.0, 0.0, -1.0, 1.0, -1.0, 1.0, -1.0, -2.0}, at::kDouble).view({5, 2});
  EXPECT_LE(sumOfDistances(triple, geometricMedian(triple)),
            leastSumOfDistances(triple) * (1 + 1e-4));
}

TEST(GeometricMedian, OfOnePointManyTimesIsThatPoint) {
  const at::Tensor x = at::ones({7, 4});
  EXPECT_TRUE(geometricMedian(x).equal(at::ones({4})));
}

TEST(StartOfDecoderBias, IsZeroTheMeanOrTheMedianAsAsked) {
  at::manual_seed(2);
  const at::Tensor x = at::randn({50, 3});
  EXPECT_TRUE(startOfDecoderBias(DecoderBias::Zero, x).equal(at::zeros({3})));
  EXPECT_TRUE(startOfDecoderBias(DecoderBias::Mean, x).allclose(x.sum(0) / 50));
  EXPECT_TRUE(startOfDecoderBias(DecoderBias::Median, x).equal(geometricMedian(x)));
}

TEST(MeasuredL1Coefficient, GrowsWithTheDataAndNotWithItsMean) {
  at::manual_seed(3);
  const at::Tensor x = at::randn({200, 8});
  const double coefficient = measuredL1Coefficient(x, 64);
  EXPECT_NEAR(measuredL1Coefficient(3 * x + 7, 64), 3 * coefficient, 1e-4);
  const at::Tensor centred = x - x.mean(0);
  EXPECT_NEAR(coefficient, 2.5 * std::sqrt(centred.square().sum().item<double>() / 200) / 8, 1e-5);
}

}  // namespace
}  // namespace featurescope
