// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/timing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <string>

namespace featurescope {
namespace {

const Timing kHundred = [] {
  Timing timing;
  timing.seconds.resize(101);
  std::iota(timing.seconds.begin(), timing.seconds.end(), 0.0);
  return timing;
}();

void busyFor(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(Timing, TellsPercentilesOfItsRepetitions) {
  EXPECT_EQ(kHundred.low(), 10);
  EXPECT_EQ(kHundred.median(), 50);
  EXPECT_EQ(kHundred.high(), 90);
  EXPECT_EQ(Timing{{3}}.median(), 3);
}

TEST(TimeInTurns, RepeatsEachWorkUntilItsBudgetIsSpentAndCountsNoWarmUp) {
  SilentProgress silent;
  std::array<int, 2> runs{};
  const std::array<std::function<void()>, 2> works{[&] {
                                                     ++runs[0];
                                                     busyFor(std::chrono::microseconds(200));
                                                   },
                                                   [&] {
                                                     ++runs[1];
                                                     busyFor(std::chrono::milliseconds(30));
                                                   }};
  const auto timings =
      timeInTurns(works, {.seconds = 0.05, .least = 2, .warmUps = 1}, {{}, silent});
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& seconds = timings[i].seconds;
    EXPECT_TRUE(std::is_sorted(seconds.begin(), seconds.end()));
    EXPECT_GE(std::accumulate(seconds.begin(), seconds.end(), 0.0), 0.05);
    EXPECT_GE(seconds.size(), 2U);
    EXPECT_LT(seconds.size(), static_cast<std::size_t>(runs[i]));
  }
  EXPECT_GE(timings[0].median(), 200e-6);
  EXPECT_GE(timings[1].median(), 30e-3);
}

TEST(TimeInTurns, StopsWhenAskedTo) {
  SilentProgress silent;
  std::stop_source stop;
  const std::array<std::function<void()>, 1> works{[&] { stop.request_stop(); }};
  EXPECT_THROW((void)timeInTurns(works, {.seconds = 1e9}, {stop.get_token(), silent}), Interrupted);
}

}  // namespace
}  // namespace featurescope
