// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/l1_control.h"

#include "core/base/error.h"
#include "core/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 1024;

/// An SAE as far as the control sees it: log l0 follows what the coefficient demands, with a lag,
/// and what it demands sinks while training goes on.
struct Plant {
  double lag = 100;      ///< steps
  double steepness = 1;  ///< how much log l0 falls for a rise of log β
  double sinking = 0;    ///< of log l0 for each e-fold of steps
  double noise = 0.02;   ///< of one batch's l0
  double atOne = 50;     ///< l0 with a coefficient of 1
  double most = 2048;    ///< l0 with a coefficient of 0
  double start = 1024;

  double logL0 = std::log(start);
  std::int64_t steps = 0;
  RandomStream random{7};

  double step(double coefficient) {
    const double age = std::log1p(static_cast<double>(steps++) / 1000.0);
    const double demanded = std::log(atOne) - steepness * std::log(coefficient) - sinking * age;
    logL0 += (std::min(demanded, std::log(most)) - logL0) / lag;
    return std::exp(logL0) * (1 + noise * random.normal());
  }
};

struct Trace {
  std::vector<double> l0, coefficients;
  std::int64_t frozenAt = -1;

  [[nodiscard]] double meanL0(std::size_t from, std::size_t to) const {
    const auto begin = l0.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = l0.begin() + static_cast<std::ptrdiff_t>(to);
    return std::accumulate(begin, end, 0.0) / static_cast<double>(to - from);
  }
  [[nodiscard]] double least() const { return *std::min_element(l0.begin(), l0.end()); }
};

Trace follow(L1Control control, Plant plant, std::int64_t steps) {
  Trace trace;
  for (std::int64_t t = 0; t < steps; ++t) {
    trace.coefficients.push_back(control.coefficient());
    trace.l0.push_back(plant.step(trace.coefficients.back()));
    control.observe(trace.l0.back(), (t + 1) * kTokens);
    if (control.frozen() && trace.frozenAt < 0) trace.frozenAt = t;
  }
  return trace;
}

L1ControlSettings settings(L1Mode mode, double initial = 1) {
  return {.mode = mode, .initial = initial, .targetL0 = 20, .responseSteps = 200};
}

TEST(L1Control, TracksTheTargetWithPlantsOfEveryLagAndSteepness) {
  constexpr std::int64_t kSteps = 12'000, kWindow = 500;
  for (const double lag : {1.0, 20.0, 100.0, 300.0}) {
    for (const double steepness : {0.5, 1.0, 2.5}) {
      for (const double initial : {0.03, 1.0, 30.0}) {
        const Plant plant{.lag = lag, .steepness = steepness, .sinking = 0.3};
        const Trace trace = follow(L1Control(settings(L1Mode::Track, initial)), plant, kSteps);
        for (std::size_t from = kSteps / 2; from + kWindow <= kSteps; from += kWindow) {
          EXPECT_NEAR(trace.meanL0(from, from + kWindow) / 20, 1, 0.05)
              << lag << " " << steepness << " " << initial << " " << from;
        }
      }
    }
  }
}

TEST(L1Control, ComesFromFarTooDenseWithoutKillingTheFeatures) {
  for (const double lag : {1.0, 20.0, 100.0, 300.0}) {
    for (const double steepness : {0.5, 1.0, 2.5}) {
      const Plant plant{.lag = lag, .steepness = steepness, .noise = 0};
      const Trace trace = follow(L1Control(settings(L1Mode::Track, 0.01)), plant, 12'000);
      EXPECT_GT(trace.least(), 20 * 0.7) << lag << " " << steepness;
    }
  }
}

TEST(L1Control, ComesFromFarTooSparseWithoutLettingEverythingIn) {
  for (const double lag : {1.0, 20.0, 100.0, 300.0}) {
    const Plant plant{.lag = lag, .noise = 0, .start = 0.5};
    const Trace trace = follow(L1Control(settings(L1Mode::Track, 100)), plant, 12'000);
    EXPECT_LT(*std::max_element(trace.l0.begin(), trace.l0.end()), 20 * 1.5) << lag;
    EXPECT_NEAR(trace.meanL0(6000, 12'000), 20, 1) << lag;
  }
}

TEST(L1Control, HoldsStillOnceTheTargetIsReachedFromEitherSide) {
  for (const double initial : {0.05, 20.0}) {
    const Plant plant{.sinking = 0.1, .start = initial < 1 ? 1000.0 : 1.0};
    const Trace trace = follow(L1Control(settings(L1Mode::UntilTarget, initial)), plant, 15'000);
    ASSERT_GE(trace.frozenAt, 0);
    const auto frozen = static_cast<std::size_t>(trace.frozenAt);
    EXPECT_NEAR(trace.meanL0(frozen - 20, frozen) / 20, 1, 0.1 + 0.01) << initial;
    for (std::size_t t = frozen + 1; t < trace.coefficients.size(); ++t) {
      ASSERT_EQ(trace.coefficients[t], trace.coefficients[frozen]);
    }
    // It had arrived, not only passed by: l0 stays in the neighbourhood.
    for (std::size_t t = frozen; t + 100 < trace.l0.size(); t += 100) {
      EXPECT_NEAR(trace.meanL0(t, t + 100) / 20, 1, 0.3) << initial << " " << t;
    }
  }
}

TEST(L1Control, IsNotHeldByAnL0ThatOnlyPassesTheTarget) {
  // From 1024 this plant falls to 0.5 within a few lags and crosses 20 on its way.
  const Plant plant{.noise = 0};
  const Trace trace = follow(L1Control(settings(L1Mode::UntilTarget, 100)), plant, 15'000);
  ASSERT_GE(trace.frozenAt, 0);
  EXPECT_NEAR(trace.l0.back(), 20, 4);
}

TEST(L1Control, IsConstantUntilTheTokensAreSeen) {
  L1ControlSettings late = settings(L1Mode::Track, 0.1);
  late.adjustAfterTokens = 700 * kTokens;
  const Trace trace = follow(L1Control(late), Plant{}, 800);
  for (std::size_t t = 0; t < 700; ++t) ASSERT_EQ(trace.coefficients[t], 0.1) << t;
  EXPECT_GT(trace.coefficients[700], 0.1);
}

TEST(L1Control, FixedStaysAndWarmsUpLinearly) {
  L1ControlSettings fixed = settings(L1Mode::Fixed, 8);
  fixed.warmupSteps = 4;
  const Trace trace = follow(L1Control(fixed), Plant{}, 100);
  const std::vector<double> start(trace.coefficients.begin(), trace.coefficients.begin() + 5);
  EXPECT_EQ(start, (std::vector<double>{2, 4, 6, 8, 8}));
  EXPECT_EQ(trace.coefficients.back(), 8);
}

TEST(L1Control, StaysWithinBoundsWhenTheTargetCannotBeReached) {
  L1ControlSettings dense = settings(L1Mode::Track);
  dense.targetL0 = 5000;  // more than the plant ever has
  const Trace tooDense = follow(L1Control(dense), Plant{}, 20'000);
  EXPECT_NEAR(tooDense.coefficients.back(), 1e-3, 1e-12);
  EXPECT_EQ(tooDense.frozenAt, -1);

  const Plant dead{.atOne = 1e-30, .start = 1e-30};  // nothing fires, whatever β is
  const Trace allDead = follow(L1Control(settings(L1Mode::UntilTarget)), dead, 20'000);
  EXPECT_NEAR(allDead.coefficients.back(), 1e-3, 1e-12);
  EXPECT_EQ(allDead.frozenAt, -1);
}

TEST(L1Control, LeavesTheBoundAtOnceWhenL0ComesBack) {
  L1Control control(settings(L1Mode::Track));
  for (std::int64_t t = 0; t < 20'000; ++t) control.observe(0, (t + 1) * kTokens);
  const double bound = control.coefficient();
  for (std::int64_t t = 0; t < 300; ++t) control.observe(60, (20'001 + t) * kTokens);
  EXPECT_GT(control.coefficient(), 1.5 * bound);
}

TEST(L1Control, DoesNotMoveWhilePausedNorWithALearningRateOfNothing) {
  L1Control control(settings(L1Mode::Track));
  for (std::int64_t t = 0; t < 50; ++t) control.observe(100, (t + 1) * kTokens);
  const double before = control.coefficient();
  control.pause(30);
  for (std::int64_t t = 0; t < 29; ++t) control.observe(900, (t + 51) * kTokens);
  EXPECT_EQ(control.coefficient(), before);
  for (std::int64_t t = 0; t < 100; ++t) control.observe(900, (t + 80) * kTokens, 0.0);
  EXPECT_EQ(control.coefficient(), before);
  control.observe(900, 180 * kTokens);
  EXPECT_GT(control.coefficient(), before);
}

TEST(L1Control, GoesOnFromWhatItSavedAsIfNothingHadHappened) {
  Plant plant;
  L1Control whole(settings(L1Mode::Track)), first(settings(L1Mode::Track));
  for (std::int64_t t = 0; t < 300; ++t) {
    const double l0 = plant.step(whole.coefficient());
    whole.observe(l0, (t + 1) * kTokens);
    first.observe(l0, (t + 1) * kTokens);
  }
  L1Control second(settings(L1Mode::Track));
  second.restore(parseJson(first.save().dump(), "state"));
  for (std::int64_t t = 300; t < 600; ++t) {
    const double l0 = plant.step(whole.coefficient());
    whole.observe(l0, (t + 1) * kTokens);
    second.observe(l0, (t + 1) * kTokens);
    ASSERT_EQ(whole.coefficient(), second.coefficient());
  }
  EXPECT_THROW(second.restore(Json::object()), UserError);
}

}  // namespace
}  // namespace featurescope
