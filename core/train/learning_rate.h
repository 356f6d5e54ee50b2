// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace featurescope {

struct LearningRateSettings {
  double peak = 1e-4;
  std::int64_t warmupSteps = 0;  ///< the first steps, in which it grows linearly to the peak
  std::int64_t decaySteps = 0;   ///< the last steps, in which it falls linearly towards 0
  std::int64_t totalSteps = 0;   ///< of the run; unused without decay
};

/// The learning rate of a step (counted from 0). With w steps of warm-up that began at step s, and
/// n steps of decay before the end at step N:
///   peak · min(1, (t − s + 1)/w) · min(1, (N − t)/n)
/// The warm-up begins at step 0, and again where rewarm() says so.
class LearningRate {
 public:
  explicit LearningRate(const LearningRateSettings& settings);

  [[nodiscard]] double at(std::int64_t step) const;

  /// Starts a warm-up of `steps` steps at `step`.
  void rewarm(std::int64_t step, std::int64_t steps);

  /// Of the warm-up that began last.
  [[nodiscard]] std::int64_t warmupStart() const { return warmupStart_; }
  [[nodiscard]] std::int64_t warmupSteps() const { return warmupSteps_; }

 private:
  LearningRateSettings settings_;
  std::int64_t warmupStart_ = 0, warmupSteps_;
};

}  // namespace featurescope
