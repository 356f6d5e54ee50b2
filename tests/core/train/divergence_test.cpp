// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace featurescope {
namespace {

int stepsUntilDivergence(DivergenceWatch watch, double loss, int most) {
  for (int step = 1; step <= most; ++step) {
    if (watch.diverges(loss, 1)) return step;
  }
  return -1;
}

TEST(DivergenceWatch, FindsALossThatIsNoNumberAtOnce) {
  EXPECT_TRUE(DivergenceWatch().diverges(std::numeric_limits<double>::quiet_NaN(), 1));
  EXPECT_TRUE(DivergenceWatch().diverges(std::numeric_limits<double>::infinity(), 1));
}

TEST(DivergenceWatch, FindsALossThatStaysAThousandTimesTooLarge) {
  DivergenceWatch watch;
  EXPECT_FALSE(watch.diverges(0.9, 1));
  EXPECT_EQ(stepsUntilDivergence(watch, 1001, 100), 20);
  EXPECT_EQ(stepsUntilDivergence(watch, 999, 100), -1);
}

TEST(DivergenceWatch, BearsASpikeABadStartAndARareHugeInput) {
  DivergenceWatch spike;
  EXPECT_FALSE(spike.diverges(1, 1));
  for (int step = 0; step < 1000; ++step) EXPECT_FALSE(spike.diverges(step % 10 == 0 ? 1 : 1e6, 1));
  DivergenceWatch start;
  for (int step = 0; step < 1000; ++step) EXPECT_FALSE(start.diverges(1e9 / (step + 1), 1));
  DivergenceWatch outlier;
  EXPECT_FALSE(outlier.diverges(1, 1));
  EXPECT_FALSE(outlier.diverges(1e5, 1e5));
  EXPECT_EQ(stepsUntilDivergence(outlier, 1e5, 100), -1);
}

TEST(DivergenceWatch, GoesOnFromWhatItSaved) {
  DivergenceWatch watch;
  EXPECT_FALSE(watch.diverges(1, 1));
  for (int step = 0; step < 15; ++step) EXPECT_FALSE(watch.diverges(1e6, 1));
  DivergenceWatch restored;
  restored.restore(parseJson(watch.save().dump(), "state"));
  EXPECT_EQ(stepsUntilDivergence(restored, 1e6, 100), 5);
}

}  // namespace
}  // namespace featurescope
