// SPDX-License-Identifier: GPL-3.0-or-later
// Searches against a plain scan of every token, with another library's regular expressions.
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/store_checks.h"
#include "tests/core/store/version_1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <regex>
#include <thread>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::codeOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::makeSmallIndex;
using testing::messageOf;
using testing::runPlain;
using testing::SmallIndex;
using testing::write;
using testing::writeVersion1;
using Condition = SearchCondition;

/// The positions at which a match of `expression` begins, sequence by sequence.
std::vector<bool> matchesByScan(const SmallIndex& index, const std::string& expression) {
  std::vector<bool> holds(index.tokens.size());
  const std::regex pattern(expression);
  for (std::size_t start = 0; start < index.tokens.size();) {
    const std::size_t end = index.sequenceAround(start).second;
    std::string text;
    std::vector<std::size_t> owner;  // of each byte
    for (std::size_t i = start; i < end; ++i) {
      text += index.bytesAt(i);
      owner.resize(text.size(), i);
    }
    for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern);
         match != std::sregex_iterator(); ++match) {
      if (match->length() > 0) holds[owner[static_cast<std::size_t>(match->position())]] = true;
    }
    start = end;
  }
  return holds;
}

/// Where a condition holds, token by token.
std::vector<bool> scan(const SmallIndex& index, const Condition& condition) {
  using Kind = Condition::Kind;
  if (condition.kind() == Kind::Text) return matchesByScan(index, condition.string());
  std::vector<std::vector<bool>> parts;
  for (const Condition& part : condition.conditions()) parts.push_back(scan(index, part));
  std::vector<bool> holds(index.tokens.size());
  for (std::size_t i = 0; i < holds.size(); ++i) {
    const auto holdsHere = [i](const std::vector<bool>& part) { return part[i]; };
    switch (condition.kind()) {
      case Kind::Token:
        holds[i] = index.bytesAt(i) == condition.string();
        break;
      case Kind::Active: {
        const auto& feature = index.features[static_cast<std::size_t>(condition.feature().value)];
        const auto found = feature.activations.find(static_cast<Position>(i));
        holds[i] = found != feature.activations.end() &&
                   found->second >= static_cast<float>(condition.atLeast());
        break;
      }
      case Kind::All:
        holds[i] = std::ranges::all_of(parts, holdsHere);
        break;
      case Kind::Any:
        holds[i] = std::ranges::any_of(parts, holdsHere);
        break;
      case Kind::None:
        holds[i] = std::ranges::none_of(parts, holdsHere);
        break;
      case Kind::Text:
        break;
    }
  }
  return holds;
}

std::vector<Position> positionsOf(const std::vector<bool>& holds) {
  std::vector<Position> positions;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    if (holds[i]) positions.push_back(static_cast<Position>(i));
  }
  return positions;
}

std::vector<Position> positionsOf(const SearchResult& result) {
  std::vector<Position> positions;
  positions.reserve(result.hits.size());
  for (const SearchHit& hit : result.hits) positions.push_back(hit.position);
  return positions;
}

Condition randomCondition(RandomStream& random, int depth) {
  static const std::array<std::string, 6> kTokens{" the", " cat", "\n", ":", ",", "\xC3"};
  // What std::regex and RE2 read alike.
  static const std::array<std::string, 7> kTexts{
      "the", " cat[:,]", "(the| cat)+ing", "[a-z]ing", "\n+:", "x*", "e [a-z]",
  };
  const auto feature = [&] { return FeatureId{static_cast<std::int32_t>(random.below(40))}; };
  const auto parts = [&] {
    std::vector<Condition> conditions;
    const std::size_t count = 1 + random.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      conditions.push_back(randomCondition(random, depth - 1));
    }
    return conditions;
  };
  switch (random.below(depth > 0 ? 7 : 4)) {
    case 0:
      return Condition::token(kTokens[random.below(kTokens.size())]);
    case 1:
      return Condition::text(kTexts[random.below(kTexts.size())]);
    case 2:
      return Condition::active(feature());
    case 3:
      return Condition::active(feature(), 0.1 + static_cast<double>(random.below(8)) / 7);
    case 4:
      return Condition::all(parts());
    case 5:
      return Condition::any(parts());
    default:
      return Condition::none(parts());
  }
}

class Search : public ::testing::Test {
 protected:
  void SetUp() override { write(path_, index_); }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "i.sqlite";
  SmallIndex index_ = makeSmallIndex(5, false);
};

TEST_F(Search, FindsWhatAScanOfEveryTokenFinds) {
  const IndexReader reader = IndexReader::open(path_);
  RandomStream random(3);
  for (int trial = 0; trial < 80; ++trial) {
    const Condition condition = randomCondition(random, 3);
    const SearchResult result = reader.search({.condition = condition, .limit = 100'000});
    EXPECT_EQ(positionsOf(result), positionsOf(scan(index_, condition))) << trial;
    EXPECT_FALSE(result.next);
    EXPECT_THAT(result.cutFeatures, IsEmpty());
  }
}

TEST_F(Search, FindsTheSameWithoutStoredPositionsOfTokens) {
  write(path_, index_, 0);
  const IndexReader reader = IndexReader::open(path_);
  for (const char* token : {" the", "\n", "\xC3"}) {
    EXPECT_EQ(positionsOf(reader.search({.condition = Condition::token(token), .limit = 100'000})),
              positionsOf(scan(index_, Condition::token(token))));
  }
}

TEST_F(Search, GoesOnWhereItStopped) {
  const IndexReader reader = IndexReader::open(path_);
  const Condition condition = Condition::any({Condition::text("the"), Condition::token(":")});
  const auto expected = positionsOf(scan(index_, condition));
  std::vector<Position> found;
  Position from = 0;
  for (bool more = true; more;) {
    const SearchResult result =
        reader.search({.condition = condition, .from = from, .limit = 7, .countAll = true});
    EXPECT_EQ(result.total, std::ssize(expected) - std::ssize(found));
    for (const Position position : positionsOf(result)) found.push_back(position);
    more = result.next.has_value();
    from = result.next.value_or(0);
  }
  EXPECT_EQ(found, expected);
  const SearchResult none = reader.search({.condition = condition, .limit = 0});
  EXPECT_THAT(none.hits, IsEmpty());
  EXPECT_EQ(none.next, expected.front());
}

TEST_F(Search, ShowsTheTokenItsContextAndTheFeaturesValue) {
  const IndexReader reader = IndexReader::open(path_);
  const FeatureId shown{7};
  const auto& activations = index_.features[7].activations;
  const SearchResult result = reader.search(
      {.condition = Condition::token("·the"), .limit = 100'000, .tokensBeside = 3, .shown = shown});
  ASSERT_FALSE(result.hits.empty());
  for (const SearchHit& hit : result.hits) {
    const auto position = static_cast<std::size_t>(hit.position);
    EXPECT_EQ(hit.token, index_.tokens[position]);
    EXPECT_EQ(hit.strToken, index_.display[position]);
    EXPECT_EQ(hit.context, index_.contextAround(position, 3));
    const auto found = activations.find(hit.position);
    EXPECT_EQ(hit.activation,
              found == activations.end() ? 0.0 : static_cast<double>(found->second));
  }
  const SearchResult plain = reader.search({.condition = Condition::token(" the")});
  EXPECT_FALSE(plain.hits.front().activation);
}

TEST_F(Search, ReadsATokenAsItIsOrAsItIsShown) {
  const IndexReader reader = IndexReader::open(path_);
  const auto find = [&reader](const std::string& token) {
    return positionsOf(reader.search({.condition = Condition::token(token), .limit = 100'000}));
  };
  EXPECT_EQ(find("·the"), find(" the"));
  EXPECT_EQ(find("↵"), find("\n"));
  EXPECT_EQ(find("→"), find("\t"));
  EXPECT_EQ(find("\\xC3"), find("\xC3"));
  EXPECT_EQ(codeOf([&] { find("the"); }), ErrorCode::NotFound);
  EXPECT_THAT(messageOf([&] { find("no such"); }), HasSubstr("\"no such\""));
}

TEST_F(Search, MatchesCharactersThatTokensShareAtTheTokenOfTheirFirstByte) {
  SmallIndex index;
  index.vocabulary = {"caf", "\\xC3", "\\xA9", "·东", "\\xFF"};
  index.bytes = {"caf", "\xC3", "\xA9", " 东", "\xFF"};
  index.tokens = {TokenId{0}, TokenId{1}, TokenId{2}, TokenId{3}, TokenId{4}, TokenId{0}};
  index.display = {"caf", "é", "", "·东", "\\xFF", "caf"};
  index.sequenceLengths = {5, 1};
  write(path_, index);
  const IndexReader reader = IndexReader::open(path_);
  const auto find = [&reader](const std::string& expression) {
    return positionsOf(reader.search({.condition = Condition::text(expression)}));
  };
  EXPECT_THAT(find("é"), ElementsAre(1));
  EXPECT_THAT(find("é 东"), ElementsAre(1));
  EXPECT_THAT(find("fé"), ElementsAre(0));
  EXPECT_THAT(find("东"), ElementsAre(3));
  EXPECT_THAT(find("\\p{Han}"), ElementsAre(3));
  EXPECT_THAT(find("(?i)CAF"), ElementsAre(0, 5));
  EXPECT_THAT(find("^caf$"), ElementsAre(5)) << "a sequence is a text of its own";
  EXPECT_THAT(find("东caf"), IsEmpty());
  EXPECT_THAT(find(""), IsEmpty());
}

TEST_F(Search, RefusesABadExpressionAndStandsAHostileOne) {
  const IndexReader reader = IndexReader::open(path_);
  for (const char* bad : {"(", "[a", "a{2000}", "(?=x)", "\\1", "\xFF"}) {
    EXPECT_EQ(codeOf([&] { (void)reader.search({.condition = Condition::text(bad)}); }),
              ErrorCode::BadUsage)
        << bad;
  }
  for (const std::string& hostile :
       {std::string("(a*)*b"), std::string("(.*)(.*)(.*)(.*)(.*)x"), std::string("((.{9}){9}){9}y"),
        "(?:" + std::string(2000, '(') + "e" + std::string(2000, ')') + ")*Q"}) {
    try {
      EXPECT_THAT(positionsOf(reader.search({.condition = Condition::text(hostile)})), IsEmpty());
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::BadUsage);
    }
  }
}

TEST_F(Search, RefusesWhatIsNotThere) {
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(codeOf([&] { (void)reader.search({.condition = Condition::active(FeatureId{40})}); }),
            ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.search({.condition = Condition::token(":"), .limit = -1}); }),
            ErrorCode::BadUsage);
  EXPECT_EQ(codeOf([&] { (void)reader.search({.condition = Condition::token(":"), .from = -1}); }),
            ErrorCode::BadUsage);
  EXPECT_THAT(reader.search({.condition = Condition::token(":"), .from = 1'000'000}).hits,
              IsEmpty());
}

TEST_F(Search, SaysWhichFeaturesTheBudgetCutAndIsExactAboveTheirBound) {
  write(path_, index_, 7'000);
  const IndexReader reader = IndexReader::open(path_);
  int cut = 0;
  for (const auto& feature : index_.features) {
    const FeatureId id = feature.record.feature;
    const SearchResult all = reader.search({.condition = Condition::active(id), .limit = 100'000});
    const auto expected = positionsOf(scan(index_, Condition::active(id)));
    if (all.cutFeatures.empty()) {
      EXPECT_EQ(positionsOf(all), expected);
      continue;
    }
    ++cut;
    const CutFeature& found = all.cutFeatures.front();
    EXPECT_EQ(found.feature, id);
    EXPECT_EQ(found.stored, std::ssize(all.hits));
    EXPECT_EQ(found.active, std::ssize(expected));
    EXPECT_LT(found.stored, found.active);
    const Condition above = Condition::active(id, found.completeAbove * 1.0001);
    const SearchResult exact = reader.search({.condition = above, .limit = 100'000});
    EXPECT_THAT(exact.cutFeatures, IsEmpty());
    EXPECT_EQ(positionsOf(exact), positionsOf(scan(index_, above)));
  }
  EXPECT_GT(cut, 3);
  EXPECT_LT(cut, 30) << "rare features stay whole";
}

TEST_F(Search, TellsNoValueWhereItIsNotKnown) {
  write(path_, index_, 0);
  const IndexReader reader = IndexReader::open(path_);
  const auto densest = std::ranges::max_element(
      index_.features, {}, [](const auto& feature) { return feature.record.activeTokens; });
  const SearchResult result = reader.search(
      {.condition = Condition::all({}), .limit = 100'000, .shown = densest->record.feature});
  EXPECT_EQ(result.hits.size(), index_.tokens.size());
  std::int64_t known = 0;
  for (const SearchHit& hit : result.hits) {
    if (!hit.activation) continue;
    ++known;
    EXPECT_EQ(*hit.activation, static_cast<double>(densest->activations.at(hit.position)));
  }
  EXPECT_EQ(known, std::ssize(densest->top)) << "its top activations are there in any case";
}

TEST_F(Search, OfAnIndexOfTheFirstVersionUsesWhatThereIs) {
  writeVersion1(path_, index_);
  const IndexReader reader = IndexReader::open(path_);
  for (const Condition& condition :
       {Condition::token(" the"), Condition::text("the"), Condition::text("\n+:"),
        Condition::all(
            {Condition::text("[a-z]ing"), Condition::none({Condition::token(" the")})})}) {
    EXPECT_EQ(positionsOf(reader.search({.condition = condition, .limit = 100'000})),
              positionsOf(scan(index_, condition)));
  }
  for (const auto& feature : index_.features) {
    const SearchResult result =
        reader.search({.condition = Condition::active(feature.record.feature), .limit = 100'000});
    EXPECT_EQ(result.hits.size(), feature.top.size());
    EXPECT_EQ(result.cutFeatures.empty(), std::ssize(feature.top) == feature.record.activeTokens);
  }
}

TEST_F(Search, InterruptedEndsSoon) {
  const IndexReader reader = IndexReader::open(path_);
  const std::jthread interrupter([&reader](const std::stop_token& stop) {
    while (!stop.stop_requested()) reader.interrupt();
  });
  // The other thread may not have begun when the first search is done.
  const auto searchOn = [&reader] {
    for (int i = 0; i < 100'000; ++i) {
      (void)reader.search({.condition = Condition::text("never found")});
    }
  };
  EXPECT_THROW(searchOn(), Interrupted);
}

}  // namespace
}  // namespace featurescope
