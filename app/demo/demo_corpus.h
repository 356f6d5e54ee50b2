// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/demo/arithmetic.h"
#include "app/demo/grammar.h"
#include "core/base/random.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace featurescope::demo {

enum class Subject { English, Chess, Arithmetic };

struct Document {
  Subject subject = Subject::English;
  std::string text;
};

/// The demo's text: English from the grammar, chess games, arithmetic lines, in fixed shares. The
/// held-out part is written first; what training documents are made of (an English text, a game, a
/// problem) never occurs in it.
class DemoCorpus {
 public:
  explicit DemoCorpus(std::uint64_t seed);

  /// Documents of at least `characters` characters in all, the shares kept as closely as whole
  /// documents allow. Write all held-out documents
  /// before the first of training.
  [[nodiscard]] std::vector<Document> heldOut(std::size_t characters);
  [[nodiscard]] std::vector<Document> training(std::size_t characters);

  /// Held-out problems, for measuring how well the arithmetic was learned.
  [[nodiscard]] const std::vector<ArithmeticProblem>& heldOutProblems() const {
    return problems_.heldOut;
  }

 private:
  struct Writer;

  Grammar english_;
  RandomStream heldOutRandom_, trainingRandom_;
  ArithmeticSplit problems_;
  std::set<std::string> heldOutParts_;
};

}  // namespace featurescope::demo
