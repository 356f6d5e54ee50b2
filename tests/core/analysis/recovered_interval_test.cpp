// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/recovered_interval.h"

#include "core/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace featurescope {
namespace {

ContextLoss context(double base, double sae, double zero, double mean) {
  return {.predicted = 127, .base = base, .sae = sae, .zero = zero, .mean = mean};
}

TEST(RecoveredLoss, TheValueIsOfTheSumsAndNotTheMeanOfRatios) {
  const std::vector<ContextLoss> contexts{context(1, 2, 5, 4), context(10, 11, 30, 20)};
  const RecoveredLoss result = recoveredLoss(contexts, 0);
  EXPECT_DOUBLE_EQ(result.zero->value, (35.0 - 13.0) / (35.0 - 11.0));
  EXPECT_DOUBLE_EQ(result.mean->value, (24.0 - 13.0) / (24.0 - 11.0));
}

TEST(RecoveredLoss, ThreeContextsGiveTheQuantilesOfTheir27Resamples) {
  const std::vector<ContextLoss> contexts{context(0, 1, 10, 10), context(0, 3, 10, 10),
                                          context(0, 6, 10, 10)};
  std::vector<double> all;
  all.reserve(27);
  for (const auto& a : contexts) {
    for (const auto& b : contexts) {
      for (const auto& c : contexts) all.push_back(1 - (a.sae + b.sae + c.sae) / 30);
    }
  }
  std::ranges::sort(all);
  // Each of the 27 has a share of 3.7 %: the ends of 95 % are the least and the largest.
  const RecoveredLoss result = recoveredLoss(contexts, 4);
  EXPECT_DOUBLE_EQ(result.zero->low, all.front());
  EXPECT_DOUBLE_EQ(result.zero->high, all.back());
}

TEST(RecoveredLoss, QuantilesLieBetweenNeighboursAsNumpysDo) {
  const std::vector<double> values{1, 2, 4, 8, 16};  // numpy.quantile(values, share)
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 0.025), 1.1);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 4);
  EXPECT_DOUBLE_EQ(quantile(values, 0.6), 5.6);
  EXPECT_DOUBLE_EQ(quantile(values, 0.975), 15.2);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 16);
  EXPECT_DOUBLE_EQ(quantile(std::vector<double>{3}, 0.975), 3);
}

TEST(RecoveredLoss, ManyContextsGiveTheNormalInterval) {
  // With a constant cost of ablating, the share is 1 − mean(sae)/10, whose standard error is known.
  RandomStream random(1, "test");
  std::vector<ContextLoss> contexts;
  double sum = 0, squares = 0;
  constexpr int kContexts = 400;
  contexts.reserve(kContexts);
  for (int i = 0; i < kContexts; ++i) {
    const double sae = 2 + random.normal();
    sum += sae;
    squares += sae * sae;
    contexts.push_back(context(0, sae, 10, 20));
  }
  const double mean = sum / kContexts;
  const double error = std::sqrt((squares / kContexts - mean * mean) / kContexts);
  const RecoveredLoss result = recoveredLoss(contexts, 0);
  EXPECT_NEAR(result.zero->low, 1 - (mean + 1.96 * error) / 10, 0.25 * error / 10);
  EXPECT_NEAR(result.zero->high, 1 - (mean - 1.96 * error) / 10, 0.25 * error / 10);
  EXPECT_NEAR(result.mean->low, 1 - (mean + 1.96 * error) / 20, 0.25 * error / 20);
}

TEST(RecoveredLoss, WhereAblatingCostsNothingThereIsNoShare) {
  const std::vector<ContextLoss> contexts{context(1, 2, 1, 3)};
  const RecoveredLoss result = recoveredLoss(contexts, 0);
  EXPECT_FALSE(result.zero.has_value());
  ASSERT_TRUE(result.mean.has_value());
  EXPECT_EQ(result.mean->low, 0.5);
  EXPECT_EQ(result.mean->high, 0.5);
  EXPECT_FALSE(recoveredLoss({}, 0).zero.has_value());
}

}  // namespace
}  // namespace featurescope
