// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/demo_corpus.h"
#include "app/demo/english_forms.h"
#include "app/demo/grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

namespace featurescope::demo {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(EnglishForms, InflectsRegularAndIrregularWords) {
  EXPECT_EQ(pluralOf("city"), "cities");
  EXPECT_EQ(pluralOf("oak tree"), "oak trees");
  EXPECT_EQ(pluralOf("finch"), "finches");
  EXPECT_EQ(pluralOf("donkey"), "donkeys");
  EXPECT_EQ(pluralOf("wolf"), "wolves");
  EXPECT_EQ(thirdPersonOf("carry"), "carries");
  EXPECT_EQ(thirdPersonOf("look for"), "looks for");
  EXPECT_EQ(pastOf("carry"), "carried");
  EXPECT_EQ(pastOf("travel"), "travelled");
  EXPECT_EQ(pastOf("win against"), "won against");
  EXPECT_EQ(pastParticipleOf("write"), "written");
  EXPECT_EQ(presentParticipleOf("write"), "writing");
  EXPECT_EQ(presentParticipleOf("run"), "running");
  EXPECT_EQ(presentParticipleOf("be"), "being");
  EXPECT_EQ(withArticle("old man"), "an old man");
  EXPECT_EQ(withArticle("university"), "a university");
  EXPECT_EQ(withArticle("hour"), "an hour");
  EXPECT_EQ(ordinalOf(1), "1st");
  EXPECT_EQ(ordinalOf(12), "12th");
  EXPECT_EQ(ordinalOf(23), "23rd");
}

TEST(Grammar, RemembersWhatWasSetAndInflectsIt) {
  const std::vector<std::string_view> rules = {R"(
creature = wolf
start =
  {who=creature}{count=number 3 3}{cap plural who}: {number count+1 count+1} {plural who} {"are"} here.\n
)"};
  RandomStream random(1, "test");
  EXPECT_EQ(Grammar(rules).expand("start", random), "Wolves: 4 wolves are here.\n");
}

TEST(Grammar, UsesEverySentenceOnceBeforeItRepeatsOne) {
  const std::vector<std::string_view> rules = {R"(
start = {s}{s}{s}
s =
  a
  5* b
  c
)"};
  const Grammar grammar(rules);
  RandomStream random(1, "test");
  for (int i = 0; i < 50; ++i) {
    const std::string text = grammar.expand("start", random);
    EXPECT_EQ(std::set<char>(text.begin(), text.end()), (std::set<char>{'a', 'b', 'c'}));
  }
}

TEST(Grammar, GivesVariablesDifferentValues) {
  const std::vector<std::string_view> rules = {
      "pick = x | y\nstart = {one=pick}{two=pick}{one}{two}"};
  const Grammar grammar(rules);
  RandomStream random(1, "test");
  for (int i = 0; i < 50; ++i) EXPECT_THAT(grammar.expand("start", random), AnyOf("xy", "yx"));
}

TEST(Grammar, RefusesARuleThatNamesNoOther) {
  const std::vector<std::string_view> rules = {"start = the {animal} slept"};
  EXPECT_THROW(Grammar{rules}, std::invalid_argument);
}

/// Both parts of the corpus, written once for all tests.
class DemoText : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    DemoCorpus corpus(0);
    heldOut_ = corpus.heldOut(100'000);
    training_ = corpus.training(400'000);
  }
  static inline std::vector<Document> heldOut_, training_;
};

TEST_F(DemoText, IsTheSameForTheSameSeedOnly) {
  const auto again = DemoCorpus(0).heldOut(100'000);
  ASSERT_EQ(again.size(), heldOut_.size());
  for (std::size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i].text, heldOut_[i].text);
  EXPECT_NE(DemoCorpus(1).heldOut(2000)[0].text, heldOut_[0].text);
}

TEST_F(DemoText, SharesNoTextGameOrProblemBetweenItsParts) {
  const auto parts = [](const std::vector<Document>& documents) {
    std::set<std::string> result;
    for (const Document& document : documents) {
      if (document.subject == Subject::English) {
        result.insert(document.text);
      } else {
        std::istringstream lines(document.text);
        for (std::string line; std::getline(lines, line);) result.insert(line);
      }
    }
    return result;
  };
  const std::set<std::string> seen = parts(training_);
  for (const std::string& part : parts(heldOut_)) EXPECT_FALSE(seen.contains(part)) << part;
}

TEST_F(DemoText, HasNoSlotLeftAndTheMostFrequentWordIsThe) {
  std::map<std::string, int> words;
  for (const Document& document : training_) {
    EXPECT_THAT(document.text, Not(AnyOf(HasSubstr("{"), HasSubstr("}"), HasSubstr("  "))));
    std::istringstream stream(document.subject == Subject::English ? document.text : "");
    for (std::string word; stream >> word;) ++words[word];
  }
  const auto most = std::ranges::max_element(words, {}, [](const auto& w) { return w.second; });
  EXPECT_EQ(most->first, "the");
  EXPECT_GT(words.size(), 1200u);
}

TEST_F(DemoText, HasAScoreAfterEveryNewlineOfChess) {
  for (const Document& document : training_) {
    if (document.subject != Subject::Chess) continue;
    std::istringstream lines(document.text);
    for (std::string line; std::getline(lines, line);) EXPECT_THAT(line, StartsWith("Score: "));
  }
}

TEST(Arithmetic, AnswersAndWritesAProblemAsThePaperDoes) {
  const ArithmeticProblem problem{2, 7, 2, '*', '+'};
  EXPECT_EQ(problem.question() + problem.completion(), "Question: What is (2 * 7) + 2? Answer: 16");
  EXPECT_EQ((ArithmeticProblem{3, 9, 4, '-', '*'}.completion()), " -24");
  EXPECT_EQ(allArithmeticProblems().size(), 9u * 729u);
}

}  // namespace
}  // namespace featurescope::demo
