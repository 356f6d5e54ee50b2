// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <functional>
#include <span>
#include <vector>

namespace featurescope {

/// How long one piece of work took, again and again.
struct Timing {
  std::vector<double> seconds;  ///< ascending, of at least one repetition

  [[nodiscard]] double median() const;
  /// The tenth and the ninetieth percentile (nearest rank): what the machine's other work does to
  /// it.
  [[nodiscard]] double low() const;
  [[nodiscard]] double high() const;
};

/// How long measuring may go on.
struct TimingBudget {
  double seconds = 1;  ///< of each piece of work, all repetitions together
  int least = 3;       ///< repetitions, whatever they take
  int warmUps = 2;     ///< repetitions before, which do not count
};

/// Times pieces of work in turns, one repetition of each after the other, so that a busy machine
/// slows all of them alike and their ratios hold. In the order of `works`. Throws Interrupted.
[[nodiscard]] std::vector<Timing> timeInTurns(std::span<const std::function<void()>> works,
                                              const TimingBudget& budget, const JobContext& job);

}  // namespace featurescope
