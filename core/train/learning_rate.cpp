// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/learning_rate.h"

#include <algorithm>

namespace featurescope {

namespace {

double share(std::int64_t part, std::int64_t whole) {
  if (part >= whole) return 1.0;
  return static_cast<double>(std::max<std::int64_t>(part, 0)) / static_cast<double>(whole);
}

}  // namespace

LearningRate::LearningRate(const LearningRateSettings& settings)
    : settings_(settings), warmupSteps_(settings.warmupSteps) {}

double LearningRate::at(std::int64_t step) const {
  double rate = settings_.peak * share(step - warmupStart_ + 1, warmupSteps_);
  if (settings_.decaySteps > 0) rate *= share(settings_.totalSteps - step, settings_.decaySteps);
  return rate;
}

void LearningRate::rewarm(std::int64_t step, std::int64_t steps) {
  warmupStart_ = step;
  warmupSteps_ = steps;
}

}  // namespace featurescope
