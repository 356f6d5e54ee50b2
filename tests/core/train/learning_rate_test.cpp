// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/learning_rate.h"

#include <gtest/gtest.h>

namespace featurescope {
namespace {

TEST(LearningRate, RisesStaysAndFalls) {
  const LearningRate rate({.peak = 8, .warmupSteps = 4, .decaySteps = 2, .totalSteps = 10});
  const double expected[] = {2, 4, 6, 8, 8, 8, 8, 8, 8, 4};
  for (std::int64_t step = 0; step < 10; ++step) EXPECT_EQ(rate.at(step), expected[step]) << step;
}

TEST(LearningRate, IsConstantWhereNothingElseIsAsked) {
  const LearningRate rate({.peak = 3e-4});
  EXPECT_EQ(rate.at(0), 3e-4);
  EXPECT_EQ(rate.at(1'000'000), 3e-4);
}

TEST(LearningRate, WarmsUpAgainWhereAsked) {
  LearningRate rate({.peak = 1});
  rate.rewarm(100, 4);
  EXPECT_EQ(rate.at(100), 0.25);
  EXPECT_EQ(rate.at(102), 0.75);
  EXPECT_EQ(rate.at(104), 1);
}

}  // namespace
}  // namespace featurescope
