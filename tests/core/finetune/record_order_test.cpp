// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/record_order.h"

#include "core/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace featurescope {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;

std::vector<RecordId> counted(std::int64_t count) {
  std::vector<RecordId> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

std::vector<RecordId> steps(RecordOrder order, std::int64_t first, std::int64_t count) {
  std::vector<RecordId> read;
  for (std::int64_t step = first; step < first + count; ++step) {
    const auto records = order.ofStep(step);
    read.insert(read.end(), records.begin(), records.end());
  }
  return read;
}

std::vector<RecordId> sorted(std::vector<RecordId> ids) {
  std::ranges::sort(ids);
  return ids;
}

TEST(RecordOrder, WithoutShuffleGoesThroughAllRecordsAndWrapsWhereTheyEnd) {
  const RecordOrder order({2, 3, 5, 7, 9}, {.batch = 2, .stepsPerEpoch = 1, .shuffle = false});
  EXPECT_THAT(steps(order, 0, 4), ElementsAre(2, 3, 5, 7, 9, 2, 3, 5));
}

TEST(RecordOrder, ReadsTheSameSubsetOnceInEveryEpochInANewOrder) {
  const RecordOrder order(counted(100), {.batch = 4, .stepsPerEpoch = 5, .seed = 1});
  const auto first = steps(order, 0, 5), second = steps(order, 5, 5);
  EXPECT_EQ(sorted(first), order.records());
  EXPECT_EQ(sorted(second), order.records());
  EXPECT_NE(first, second);
  EXPECT_THAT(order.records(), Not(::testing::ElementsAreArray(counted(20))));
}

TEST(RecordOrder, GoesThroughFewRecordsSeveralTimesAnEpoch) {
  const RecordOrder order(counted(6), {.batch = 4, .stepsPerEpoch = 3, .seed = 1});
  const auto read = steps(order, 0, 3);
  EXPECT_EQ(sorted({read.begin(), read.begin() + 6}), counted(6));
  EXPECT_EQ(sorted({read.begin() + 6, read.end()}), counted(6));
}

TEST(RecordOrder, IsAFunctionOfTheStepAndTheSeed) {
  const RecordOrder::Options options{.batch = 4, .stepsPerEpoch = 5, .seed = 1};
  const RecordOrder order(counted(100), options), same(counted(100), options);
  const auto fromTheStart = steps(same, 0, 8);
  EXPECT_THAT(steps(order, 7, 1),
              ::testing::ElementsAreArray(fromTheStart.end() - 4, fromTheStart.end()));
  RecordOrder::Options other = options;
  other.seed = 2;
  EXPECT_NE(steps(order, 0, 2), steps(RecordOrder(counted(100), other), 0, 2));
}

TEST(RecordSplit, HoldsOutAShareAndLosesNone) {
  const RecordSplit split = RecordSplit::draw(50, 0.2, 3);
  EXPECT_EQ(split.heldOut.size(), 10U);
  std::vector<RecordId> both = split.training;
  both.insert(both.end(), split.heldOut.begin(), split.heldOut.end());
  EXPECT_EQ(sorted(both), counted(50));
  EXPECT_TRUE(std::ranges::is_sorted(split.training));
  EXPECT_TRUE(RecordSplit::draw(50, 0, 3).heldOut.empty());
}

TEST(RecordSplit, RefusesAFractionThatLeavesNothing) {
  EXPECT_THROW(RecordSplit::draw(3, 0.01, 0), UserError);
  EXPECT_THROW(RecordSplit::draw(3, 0.99, 0), UserError);
}

}  // namespace
}  // namespace featurescope
