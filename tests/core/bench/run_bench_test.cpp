// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/run_bench.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace featurescope {
namespace {

/// Shapes so small that everything is measured in a moment.
BenchRequest smallRequest(std::vector<BenchKind> kinds) {
  BenchRequest request;
  request.kinds = std::move(kinds);
  request.width = 16;
  request.features = 48;
  request.tokens = 32;
  request.active = 0.1;
  request.layers = 2;
  request.heads = 2;
  request.innerWidth = 32;
  request.vocabulary = 99;
  request.batch = 2;
  request.context = 8;
  request.indexTokens = 3000;
  request.seconds = 1e-3;
  return request;
}

BenchReport run(const BenchRequest& request) {
  SilentProgress silent;
  return runBench(request, {{}, silent});
}

TEST(RunBench, MeasuresEveryKind) {
  const BenchReport report = run(smallRequest(benchKinds()));
  std::set<BenchKind> measured;
  for (const Throughput& of : report.throughputs) {
    measured.insert(of.kind);
    EXPECT_GT(of.amount, 0) << of.name;
    EXPECT_GT(of.repetitions, 0) << of.name;
    EXPECT_LE(of.low, of.median) << of.name;
    EXPECT_LE(of.median, of.high) << of.name;
    EXPECT_DOUBLE_EQ(of.perSecond(), of.amount / of.median) << of.name;
  }
  EXPECT_EQ(measured, std::set(benchKinds().begin(), benchKinds().end()));
  for (const char* key : {"cpu", "device", "threads", "vectors", "libtorch", "featurescope"}) {
    EXPECT_TRUE(report.machine.contains(key)) << key;
  }
  EXPECT_TRUE(report.agreements.empty());
}

TEST(RunBench, SetsTheDenseProgramsBesideOurStepAndTheirLossesAgree) {
  BenchRequest request = smallRequest({BenchKind::Train});
  request.againstDense = true;
  request.comparedSteps = 25;
  const BenchReport report = run(request);
  EXPECT_EQ(report.throughputs.size(), 6U);
  ASSERT_EQ(report.agreements.size(), 1U);
  EXPECT_EQ(report.agreements[0].compared, 25);
  // Float32's rounding, which sums in another order.
  EXPECT_LT(report.agreements[0].largestRelativeDifference, 1e-5);
  EXPECT_GT(report.agreements[0].largestRelativeDifference, 0);
}

TEST(RunBench, SetsDenseProgramsBesideOurIndexAndOurFineTuningAndTheyAgree) {
  BenchRequest request = smallRequest({BenchKind::Index, BenchKind::FineTune});
  request.againstDense = true;
  const BenchReport report = run(request);
  EXPECT_EQ(report.throughputs.size(), 5U);
  ASSERT_EQ(report.agreements.size(), 2U);
  for (const Agreement& agreement : report.agreements) {
    EXPECT_GT(agreement.compared, 0) << agreement.of;
    EXPECT_LT(agreement.largestRelativeDifference, 1e-5) << agreement.of;
  }
}

TEST(RunBench, RefusesShapesThatAreNoModel) {
  BenchRequest request = smallRequest({BenchKind::Forward});
  request.heads = 3;
  EXPECT_THROW((void)run(request), UserError);
  request = smallRequest({BenchKind::Forward});
  request.layer = 2;
  EXPECT_THROW((void)run(request), UserError);
}

}  // namespace
}  // namespace featurescope
