// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/l1_control.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

constexpr double kGain = 2;
/// The horizon: a share of the run's age, between these shares of the response.
constexpr double kShareOfAge = 0.03, kShortestHorizon = 1.0 / 3, kLongestHorizon = 10;
constexpr double kFewestSteps = 8;
/// Smoothing must be quicker than the horizon, or it would be one more lag.
constexpr double kQuickShare = 0.25;
/// An l0 that is further off than this factor counts as this far off.
constexpr double kLargestError = 1;
constexpr double kLargestChange = 6.907755278982137;  // log 1000
constexpr double kTolerance = 0.1;
/// Of the target: what an l0 of 0 counts as.
constexpr double kSmallestL0 = 1e-3;

constexpr const char* kCannotGoOn = "cannot go on with the L1 coefficient";

}  // namespace

L1Control::L1Control(const L1ControlSettings& settings) : settings_(settings) {}

double L1Control::coefficient() const {
  if (settings_.mode != L1Mode::Fixed && adjusting_) {
    return settings_.initial * std::exp(logCoefficient_);
  }
  if (steps_ >= settings_.warmupSteps) return settings_.initial;
  return settings_.initial * static_cast<double>(steps_ + 1) /
         static_cast<double>(settings_.warmupSteps);
}

void L1Control::observe(double l0, std::int64_t tokens, double learningRateShare) {
  ++steps_;
  age_ += learningRateShare;
  const double span = horizon(), seen = static_cast<double>(steps_);
  const double before = error(quickMean_);
  quickMean_ += (l0 - quickMean_) / std::clamp(kQuickShare * span, 1.0, seen);
  slowMean_ += (l0 - slowMean_) / std::min(span, seen);
  if (settings_.mode == L1Mode::Fixed || frozen_) return;
  if (tokens < settings_.adjustAfterTokens || steps_ < settings_.warmupSteps) return;
  adjusting_ = true;
  if (steps_ < pausedUntilStep_) return;
  if (settings_.mode == L1Mode::UntilTarget && nearTarget(quickMean_) && nearTarget(slowMean_)) {
    frozen_ = true;
    return;
  }
  const double now = error(quickMean_);
  const double bounded = std::clamp(now, -kLargestError, kLargestError);
  const double fastest = learningRateShare / span;
  const double move = kGain * (now - before + bounded * fastest);
  logCoefficient_ = std::clamp(logCoefficient_ + std::clamp(move, -fastest, fastest),
                               -kLargestChange, kLargestChange);
}

void L1Control::pause(std::int64_t steps) { pausedUntilStep_ = steps_ + steps; }

double L1Control::horizon() const {
  const double response = settings_.responseSteps;
  return std::max(kFewestSteps, std::clamp(kShareOfAge * age_, kShortestHorizon * response,
                                           kLongestHorizon * response));
}

double L1Control::error(double l0) const {
  return std::log(std::max(l0 / settings_.targetL0, kSmallestL0));
}

bool L1Control::nearTarget(double l0) const {
  return std::abs(l0 - settings_.targetL0) <= kTolerance * settings_.targetL0;
}

Json L1Control::save() const {
  return {{"steps", steps_},
          {"paused_until_step", pausedUntilStep_},
          {"age", age_},
          {"log_coefficient", logCoefficient_},
          {"quick_mean", quickMean_},
          {"slow_mean", slowMean_},
          {"adjusting", adjusting_},
          {"frozen", frozen_}};
}

void L1Control::restore(const Json& state) {
  steps_ = member<std::int64_t>(state, "steps", kCannotGoOn);
  pausedUntilStep_ = member<std::int64_t>(state, "paused_until_step", kCannotGoOn);
  age_ = member<double>(state, "age", kCannotGoOn);
  logCoefficient_ = member<double>(state, "log_coefficient", kCannotGoOn);
  quickMean_ = member<double>(state, "quick_mean", kCannotGoOn);
  slowMean_ = member<double>(state, "slow_mean", kCannotGoOn);
  adjusting_ = member<bool>(state, "adjusting", kCannotGoOn);
  frozen_ = member<bool>(state, "frozen", kCannotGoOn);
}

}  // namespace featurescope
