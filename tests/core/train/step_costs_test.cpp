// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step_costs.h"

#include "core/base/files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

/// A machine on which sparse products cost five times a dense one's multiply-add, and a rounded one
/// half.
constexpr ProductCosts kCosts{.dense = 2, .rounded = 1, .sparse = 10, .sampled = 10};

std::vector<fs::path> filesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

TEST(StepThresholds, AreWhereBothWaysCostTheSame) {
  const StepThresholds thresholds = thresholdsOf(kCosts);
  // Four products: dense 4 · 2, sparse at share s (3 · 10 + 10) s.
  EXPECT_DOUBLE_EQ(thresholds.sparseBelow, 0.2);
  // The encoder: dense 2, screened 1 + 1.5 · 10 s.
  EXPECT_DOUBLE_EQ(thresholds.screenBelow, 0.07);
}

TEST(StepThresholds, NeverScreenWithoutAFastRoundedProductNorMoreThanIsSparse) {
  EXPECT_EQ(thresholdsOf({.dense = 2, .rounded = 0, .sparse = 10, .sampled = 10}).screenBelow, 0);
  EXPECT_EQ(thresholdsOf({.dense = 2, .rounded = 3, .sparse = 10, .sampled = 10}).screenBelow, 0);
  const auto slow = thresholdsOf({.dense = 2, .rounded = 0.1, .sparse = 100, .sampled = 1});
  EXPECT_EQ(slow.screenBelow, slow.sparseBelow);
}

TEST(KeptThresholds, AreMeasuredOnceAndThenTheSame) {
  const TemporaryFolder folder;
  const fs::path cache = folder.path() / "made/when/needed";
  const StepThresholds first = keptThresholds(cache, 8, 32, [] { return kCosts; });
  EXPECT_EQ(first.sparseBelow, thresholdsOf(kCosts).sparseBelow);
  const StepThresholds again = keptThresholds(cache, 8, 32, []() -> ProductCosts {
    ADD_FAILURE() << "measured again";
    return {};
  });
  EXPECT_EQ(again.sparseBelow, first.sparseBelow);
  EXPECT_EQ(again.screenBelow, first.screenBelow);
  EXPECT_EQ(filesIn(cache).size(), 1U);
}

TEST(KeptThresholds, AreThoseThatAnotherProgramHasJustKept) {
  const TemporaryFolder folder;
  const StepThresholds mine = keptThresholds(folder.path(), 8, 32, [&] {
    // While this one measures, another ends.
    (void)keptThresholds(folder.path(), 8, 32, [] { return kCosts; });
    return ProductCosts{.dense = 1, .rounded = 0, .sparse = 40, .sampled = 40};
  });
  EXPECT_EQ(mine.sparseBelow, thresholdsOf(kCosts).sparseBelow);
}

TEST(KeptThresholds, AreMeasuredForEachShapeAndAgainWhereTheFileIsDamaged) {
  const TemporaryFolder folder;
  int measured = 0;
  const auto measure = [&] {
    ++measured;
    return kCosts;
  };
  (void)keptThresholds(folder.path(), 8, 32, measure);
  (void)keptThresholds(folder.path(), 8, 64, measure);
  EXPECT_EQ(measured, 2);
  for (const fs::path& file : filesIn(folder.path())) writeFile(file, "{\"sparse_below\": ");
  (void)keptThresholds(folder.path(), 8, 32, measure);
  EXPECT_EQ(measured, 3);
  (void)keptThresholds(folder.path(), 8, 32, measure);
  EXPECT_EQ(measured, 3);
}

TEST(KeptThresholds, AreTheDefaultsWhereNothingCanBeKept) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "file", "");
  const StepThresholds thresholds =
      keptThresholds(folder.path() / "file", 8, 32, [] { return kCosts; });
  EXPECT_EQ(thresholds.sparseBelow, StepThresholds().sparseBelow);
  EXPECT_EQ(thresholds.screenBelow, StepThresholds().screenBelow);
}

TEST(ProductCosts, AreMeasuredOnThisMachine) {
  const ProductCosts costs = measureProductCosts(32, 128);
  EXPECT_GT(costs.dense, 0);
  EXPECT_GT(costs.sparse, 0);
  EXPECT_GT(costs.sampled, 0);
}

}  // namespace
}  // namespace featurescope
