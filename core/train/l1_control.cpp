// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/l1_control.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

L1Control::L1Control(const L1ControlSettings& settings) : settings_(settings) {}

double L1Control::coefficient() const {
  const double warmed =
      settings_.warmupSteps > steps_
          ? static_cast<double>(steps_ + 1) / static_cast<double>(settings_.warmupSteps)
          : 1.0;
  return settings_.initial * warmed * std::exp(logCoefficient_);
}

double L1Control::smoothedL0() const { return steps_ > 0 ? std::exp(logL0_) : 0.0; }

void L1Control::observe(double l0, std::int64_t /*tokens*/) {
  logL0_ = std::log(std::max(l0, 1e-3));
  ++steps_;
}

Json L1Control::save() const {
  return {{"steps", steps_},
          {"log_coefficient", logCoefficient_},
          {"log_l0", logL0_},
          {"frozen", frozen_}};
}

void L1Control::restore(const Json& state) {
  constexpr const char* kWhat = "cannot go on with the L1 coefficient";
  steps_ = member<std::int64_t>(state, "steps", kWhat);
  logCoefficient_ = member<double>(state, "log_coefficient", kWhat);
  logL0_ = member<double>(state, "log_l0", kWhat);
  frozen_ = member<bool>(state, "frozen", kWhat);
}

}  // namespace featurescope
