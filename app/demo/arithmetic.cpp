// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/arithmetic.h"

namespace featurescope::demo {
namespace {

constexpr std::string_view kSigns = "+-*";

int apply(char sign, int left, int right) {
  switch (sign) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    default:
      return left * right;
  }
}

}  // namespace

int ArithmeticProblem::answer() const { return apply(outer, apply(inner, first, second), third); }

std::string ArithmeticProblem::question() const {
  return "Question: What is (" + std::to_string(first) + ' ' + inner + ' ' +
         std::to_string(second) + ") " + outer + ' ' + std::to_string(third) + "? Answer:";
}

std::string ArithmeticProblem::completion() const { return ' ' + std::to_string(answer()); }

std::vector<ArithmeticProblem> allArithmeticProblems() {
  std::vector<ArithmeticProblem> problems;
  for (const char inner : kSigns) {
    for (const char outer : kSigns) {
      for (int digits = 0; digits < 9 * 9 * 9; ++digits) {
        problems.push_back({1 + digits / 81, 1 + digits / 9 % 9, 1 + digits % 9, inner, outer});
      }
    }
  }
  return problems;
}

ArithmeticSplit splitArithmeticProblems(RandomStream& random) {
  ArithmeticSplit split;
  for (const ArithmeticProblem& problem : allArithmeticProblems()) {
    (random.below(10) == 0 ? split.heldOut : split.training).push_back(problem);
  }
  return split;
}

}  // namespace featurescope::demo
