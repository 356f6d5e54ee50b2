// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/train/train_choices.h"

#include <cstdint>

namespace featurescope {

struct L1ControlSettings {
  L1Mode mode = L1Mode::Fixed;
  double initial = 0;                  ///< the coefficient until `adjustAfterTokens`; 0 stays 0
  double targetL0 = 0;                 ///< active features a token, above 0; unused where Fixed
  std::int64_t adjustAfterTokens = 0;  ///< tokens seen before it moves
  std::int64_t warmupSteps = 0;        ///< the first steps, in which it grows linearly to `initial`
  double responseSteps = 500;          ///< about how long the SAE takes to follow the coefficient
};

/// The L1 coefficient β of each step, a closed loop around l0. One step: take coefficient(), then
/// observe() what came of it.
///
/// log β is moved by a proportional and an integral part of e = log(l0 / target), l0 smoothed:
///   Δ log β = κ (Δe + e / H),   at most 1/H a step,   β within 1000 times the initial one.
/// An SAE follows β with a lag. Where the horizon H is as long as that lag, the two parts together
/// answer to where l0 is heading and not to where it is, so β eases off before l0 has arrived. The
/// lag is Adam's: weights move by a learning rate a step, so it is counted in `responseSteps` and
/// in learning rates; and it grows as training settles, and H with the run's age.
class L1Control {
 public:
  explicit L1Control(const L1ControlSettings& settings);

  /// The next step's coefficient.
  [[nodiscard]] double coefficient() const;
  /// The time to move the coefficient has come.
  [[nodiscard]] bool adjusting() const { return adjusting_; }
  /// until-target has reached its target: the coefficient moves no more. Its smoothed l0, both over
  /// H and over a quarter of it, was within 10% of the target: both, so that an l0 that only passes
  /// the target on its way holds nothing still.
  [[nodiscard]] bool frozen() const { return frozen_; }
  /// The mean of l0 over the last H/4 steps, exponentially weighted; 0 before the first step.
  [[nodiscard]] double smoothedL0() const { return quickMean_; }

  /// Tells of one more step: its mean l0, the tokens seen in all, its own included, and its
  /// learning rate as a share of the highest.
  void observe(double l0, std::int64_t tokens, double learningRateShare = 1.0);

  /// For so many steps l0 will say nothing about the coefficient (features were resampled): it is
  /// not moved.
  void pause(std::int64_t steps);

  /// All that a run must keep to go on with the same coefficients, bit for bit.
  [[nodiscard]] Json save() const;
  /// Throws UserError{BadFile} when `state` is not what save() gave.
  void restore(const Json& state);

 private:
  [[nodiscard]] double horizon() const;
  [[nodiscard]] double error(double l0) const;
  [[nodiscard]] bool nearTarget(double l0) const;

  L1ControlSettings settings_;
  std::int64_t steps_ = 0, pausedUntilStep_ = 0;
  double age_ = 0;             ///< steps, each counted as its share of the highest learning rate
  double logCoefficient_ = 0;  ///< above the initial one
  double quickMean_ = 0, slowMean_ = 0;
  bool adjusting_ = false, frozen_ = false;
};

}  // namespace featurescope
