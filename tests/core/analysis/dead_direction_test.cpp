// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/dead_direction.h"

#include "core/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace featurescope {
namespace {

FeatureCosine feature(bool dead, std::optional<double> cosine, double density) {
  return {.feature = {}, .dead = dead, .cosine = cosine, .density = density};
}

TEST(DeadDirection, GroupsAreCountedWithTheirMeanAndDeviation) {
  const std::vector<FeatureCosine> cosines{feature(true, 0.5, 0), feature(true, 0.9, 0),
                                           feature(false, 0.1, 0.5), feature(false, -0.3, 0.5),
                                           feature(false, std::nullopt, 0.5)};
  const DeadDirection direction = describeDeadDirection(cosines);
  EXPECT_EQ(direction.dead.features, 2);
  EXPECT_NEAR(direction.dead.mean, 0.7, 1e-12);
  EXPECT_NEAR(direction.dead.deviation, 0.2, 1e-12);
  EXPECT_EQ(direction.alive.features, 2);
  EXPECT_NEAR(direction.alive.mean, -0.1, 1e-12);
  EXPECT_EQ(direction.alive.overlap, 0.0);
  EXPECT_EQ(direction.alive.separation, 1.0);
  EXPECT_FALSE(direction.dead.separation.has_value());
}

TEST(DeadDirection, SeparationIsTheShareOfPairsAndATieIsHalf) {
  RandomStream random(1, "test");
  std::vector<FeatureCosine> cosines;
  cosines.reserve(70);
  for (int i = 0; i < 70; ++i) {
    const double value = static_cast<double>(random.below(15)) / 10 - 0.7;  // many ties
    cosines.push_back(feature(i < 20, value, i < 20 ? 0 : 0.01));
  }
  double wins = 0;
  for (int d = 0; d < 20; ++d) {
    for (int a = 20; a < 70; ++a) {
      const double left = *cosines[static_cast<std::size_t>(d)].cosine,
                   right = *cosines[static_cast<std::size_t>(a)].cosine;
      wins += left > right ? 1 : left == right ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(*describeDeadDirection(cosines).alive.separation, wins / 1000, 1e-12);
}

TEST(DeadDirection, OverlapIsTheSharedPartOfTheHistograms) {
  // Bins are 0.02 wide: the dead lie half in [0, 0.02), half in [0.5, 0.52); a quarter of the alive
  // in the first, the rest elsewhere.
  const std::vector<FeatureCosine> cosines{feature(true, 0.001, 0),    feature(true, 0.51, 0),
                                           feature(false, 0.019, 0.1), feature(false, -0.01, 0.1),
                                           feature(false, 0.021, 0.1), feature(false, 1, 0.1)};
  EXPECT_NEAR(*describeDeadDirection(cosines).alive.overlap, 0.25, 1e-12);
}

TEST(DeadDirection, StrataAreDecadesOfDensity) {
  const std::vector<FeatureCosine> cosines{feature(true, 0.9, 0),     feature(false, 0.1, 2e-4),
                                           feature(false, 0.3, 9e-4), feature(false, 0.95, 0.05),
                                           feature(false, 0.2, 0.5),  feature(false, 0.4, 1)};
  const DeadDirection direction = describeDeadDirection(cosines);
  ASSERT_EQ(direction.strata.size(), 4u);
  EXPECT_NEAR(direction.strata[0].low, 1e-4, 1e-16);
  EXPECT_EQ(direction.strata[0].alive.features, 2);
  EXPECT_NEAR(direction.strata[0].alive.mean, 0.2, 1e-12);
  EXPECT_EQ(direction.strata[1].alive.features, 0);
  EXPECT_EQ(direction.strata[2].alive.separation, 0.0);
  EXPECT_EQ(direction.strata[3].high, 1);
  EXPECT_EQ(direction.strata[3].alive.features, 2);
}

TEST(DeadDirection, WithoutDeadFeaturesNothingIsCompared) {
  const std::vector<FeatureCosine> cosines{feature(false, std::nullopt, 0.1)};
  const DeadDirection direction = describeDeadDirection(cosines);
  EXPECT_EQ(direction.alive.features, 0);
  EXPECT_FALSE(direction.alive.separation.has_value());
  EXPECT_TRUE(direction.strata.empty());
}

}  // namespace
}  // namespace featurescope
