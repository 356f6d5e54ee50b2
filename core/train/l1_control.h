// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/train/train_choices.h"

#include <cstdint>

namespace featurescope {

struct L1ControlSettings {
  L1Mode mode = L1Mode::Fixed;
  double initial = 0;                  ///< the coefficient until `adjustAfterTokens`; 0 stays 0
  double targetL0 = 0;                 ///< active features a token; unused where Fixed
  std::int64_t adjustAfterTokens = 0;  ///< tokens seen before it moves
  std::int64_t warmupSteps = 0;        ///< the first steps, in which it grows linearly to `initial`
};

/// The L1 coefficient of each step. One step: take coefficient(), then observe() what came of it.
class L1Control {
 public:
  explicit L1Control(const L1ControlSettings& settings);

  /// The next step's coefficient.
  [[nodiscard]] double coefficient() const;
  /// until-target has reached its target: the coefficient moves no more.
  [[nodiscard]] bool frozen() const { return frozen_; }
  /// The mean of l0 over recent steps, by which the coefficient is moved; 0 before the first step.
  [[nodiscard]] double smoothedL0() const;

  /// Tells of one more step: its mean l0, and the tokens seen in all, its own included.
  void observe(double l0, std::int64_t tokens);

  /// All that a run must keep to go on with the same coefficients, bit for bit.
  [[nodiscard]] Json save() const;
  /// Throws UserError{BadFile} when `state` is not what save() gave.
  void restore(const Json& state);

 private:
  L1ControlSettings settings_;
  std::int64_t steps_ = 0;
  double logCoefficient_ = 0;
  double logL0_ = 0;
  bool frozen_ = false;
};

}  // namespace featurescope
