// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <string>
#include <vector>

namespace featurescope::demo {

/// Three digits and two of + - *, as in the paper: (2 * 7) + 2.
struct ArithmeticProblem {
  int first = 1, second = 1, third = 1;  ///< 1 to 9
  char inner = '+', outer = '+';

  [[nodiscard]] int answer() const;
  /// "Question: What is (2 * 7) + 2? Answer:"
  [[nodiscard]] std::string question() const;
  /// " 16": what completes the question.
  [[nodiscard]] std::string completion() const;
};

/// Every problem once, in a fixed order: 9 pairs of signs by 9³ digits.
[[nodiscard]] std::vector<ArithmeticProblem> allArithmeticProblems();

/// The problems in two parts that share none: about one in ten, drawn by `random`, is held out.
struct ArithmeticSplit {
  std::vector<ArithmeticProblem> training, heldOut;
};
[[nodiscard]] ArithmeticSplit splitArithmeticProblems(RandomStream& random);

}  // namespace featurescope::demo
