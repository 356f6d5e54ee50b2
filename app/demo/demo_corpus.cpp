// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/demo_corpus.h"

#include "app/demo/chess_game.h"
#include "app/demo/english_rules.h"

#include <array>
#include <cstddef>

namespace featurescope::demo {
namespace {

/// Of the characters. English has about four characters a token, chess and arithmetic two to three,
/// so that of the tokens chess and arithmetic make a good fifth each.
constexpr std::array<double, 3> kShares = {0.68, 0.13, 0.19};

ArithmeticSplit splitBySeed(std::uint64_t seed) {
  RandomStream random(seed, "arithmetic split");
  return splitArithmeticProblems(random);
}

}  // namespace

/// Writes documents of one part of the corpus; remembers what they are made of, or avoids it.
struct DemoCorpus::Writer {
  const Grammar& english;
  const std::vector<ArithmeticProblem>& problems;
  RandomStream& random;
  std::set<std::string>& parts;
  bool heldOut;

  /// Draws with `draw` until something may be used.
  template <class Draw>
  std::string fresh(Draw draw) {
    for (;;) {
      std::string text = draw();
      if (heldOut ? parts.insert(text).second : !parts.contains(text)) return text;
    }
  }

  std::string write(Subject subject) {
    switch (subject) {
      case Subject::English:
        return fresh([&] { return english.expand("document", random); });
      case Subject::Chess:
        return chess();
      case Subject::Arithmetic:
        return arithmetic();
    }
    return {};
  }

  std::string chess() {
    std::string text;
    for (std::uint64_t games = 2 + random.below(5); games > 0; --games) {
      text += fresh([&] { return chessLine(playChessGame(random), random); }) + '\n';
    }
    return text;
  }

  std::string arithmetic() {
    std::string text;
    for (std::uint64_t lines = 8 + random.below(25); lines > 0; --lines) {
      const ArithmeticProblem& problem = problems[random.below(problems.size())];
      text += problem.question() + problem.completion() + '\n';
    }
    return text;
  }

  std::vector<Document> documents(std::size_t characters) {
    std::vector<Document> result;
    std::array<double, 3> written{};
    for (std::size_t sum = 0; sum < characters;) {
      std::size_t behind = 0;
      for (std::size_t s = 1; s < kShares.size(); ++s) {
        if (written[s] / kShares[s] < written[behind] / kShares[behind]) behind = s;
      }
      const auto subject = static_cast<Subject>(behind);
      result.push_back({subject, write(subject)});
      written[behind] += static_cast<double>(result.back().text.size());
      sum += result.back().text.size();
    }
    return result;
  }
};

DemoCorpus::DemoCorpus(std::uint64_t seed)
    : english_(std::array{kLexiconRules, kPeopleRules, kPlaceRules, kNatureRules, kHistoryRules,
                          kSportRules, kStoryRules}),
      heldOutRandom_(seed, "held-out text"),
      trainingRandom_(seed, "training text"),
      problems_(splitBySeed(seed)) {}

std::vector<Document> DemoCorpus::heldOut(std::size_t characters) {
  return Writer{english_, problems_.heldOut, heldOutRandom_, heldOutParts_, true}.documents(
      characters);
}

std::vector<Document> DemoCorpus::training(std::size_t characters) {
  return Writer{english_, problems_.training, trainingRandom_, heldOutParts_, false}.documents(
      characters);
}

}  // namespace featurescope::demo
