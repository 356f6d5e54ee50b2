// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/store_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::codeOf;
using ::testing::HasSubstr;
using testing::makeSmallIndex;
using testing::messageOf;
using testing::plainQuery;
using testing::SmallIndex;
using ::testing::StartsWith;
using testing::write;

void expectSame(const FeatureRecord& actual, const FeatureRecord& expected) {
  EXPECT_EQ(actual.feature, expected.feature);
  EXPECT_EQ(actual.density, expected.density);
  EXPECT_EQ(actual.activeTokens, expected.activeTokens);
  EXPECT_EQ(actual.max, expected.max);
  EXPECT_EQ(actual.meanActive, expected.meanActive);
  EXPECT_EQ(actual.dead, expected.dead);
  EXPECT_EQ(actual.cosineToDead, expected.cosineToDead);
  EXPECT_EQ(actual.decoderNorm, expected.decoderNorm);
  EXPECT_EQ(actual.encoderBias, expected.encoderBias);
  EXPECT_EQ(actual.topToken, expected.topToken);
  EXPECT_EQ(actual.scale, expected.scale);
  EXPECT_EQ(actual.bias, expected.bias);
}

class Index : public ::testing::TestWithParam<bool> {
 protected:
  Index() : index_(makeSmallIndex(7, GetParam())) { write(path_, index_); }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "small.sqlite";
  SmallIndex index_;
};

INSTANTIATE_TEST_SUITE_P(WithAndWithoutFineTuning, Index, ::testing::Bool());

TEST_P(Index, GivesBackEveryFeatureAsItWasWritten) {
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(reader.featureCount(), std::ssize(index_.features));
  EXPECT_EQ(reader.tokenCount(), std::ssize(index_.tokens));
  EXPECT_EQ(reader.hasFineTuning(), GetParam());
  EXPECT_EQ(reader.provenance(), index_.provenance);
  EXPECT_EQ(reader.featureColumns().size(), GetParam() ? 12u : 10u);
  const auto features = reader.features();
  ASSERT_EQ(features.size(), index_.features.size());
  for (std::size_t f = 0; f < features.size(); ++f) {
    expectSame(features[f], index_.features[f].record);
    expectSame(reader.feature(features[f].feature), index_.features[f].record);
  }
}

TEST_P(Index, GivesTopActivationsWithTheTokensAroundThemInTheirOwnSequence) {
  const IndexReader reader = IndexReader::open(path_);
  for (const auto& feature : index_.features) {
    const auto rows = reader.topActivations(feature.record.feature, 1000);
    ASSERT_EQ(rows.size(), feature.top.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto position = static_cast<std::size_t>(feature.top[i].position);
      EXPECT_EQ(rows[i].rank, static_cast<std::int64_t>(i + 1));
      EXPECT_EQ(rows[i].position, feature.top[i].position);
      EXPECT_EQ(rows[i].token, index_.tokens[position]);
      EXPECT_EQ(rows[i].strToken, index_.display[position]);
      EXPECT_EQ(rows[i].context, index_.contextAround(position, 10));
      EXPECT_EQ(rows[i].activation, static_cast<double>(feature.top[i].activation));
      EXPECT_EQ(rows[i].activationFineTuned.has_value(), GetParam());
      if (GetParam()) {
        EXPECT_EQ(*rows[i].activationFineTuned,
                  static_cast<double>(*feature.top[i].activationFineTuned));
      }
    }
    EXPECT_EQ(reader.topActivations(feature.record.feature, 3).size(),
              std::min<std::size_t>(3, feature.top.size()));
    EXPECT_TRUE(reader.topActivations(feature.record.feature, 0).empty());
  }
}

TEST_P(Index, ShowsTheSameThroughItsViewsToAProgramThatKnowsOnlySql) {
  for (const auto& feature : index_.features) {
    const std::string id = std::to_string(feature.record.feature.value);
    const auto rows = plainQuery(
        path_,
        "SELECT position, token, str_token, context, activation_ft IS NULL FROM top_activation "
        "WHERE feature = " +
            id + " ORDER BY rank");
    ASSERT_EQ(rows.size(), feature.top.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto position = static_cast<std::size_t>(feature.top[i].position);
      EXPECT_EQ(rows[i], std::to_string(position) + "|" +
                             std::to_string(index_.tokens[position].value) + "|" +
                             index_.display[position] + "|" + index_.contextAround(position, 10) +
                             (GetParam() ? "|0" : "|1"));
    }
  }
  const auto columnsOf = [this](const std::string& view) {
    return plainQuery(path_,
                      "SELECT group_concat(name, ' ') FROM pragma_table_info('" + view + "')")
        .front();
  };
  EXPECT_THAT(columnsOf("feature_table"),
              StartsWith("feature density active_tokens max mean_active dead cosine_to_dead "
                         "decoder_norm encoder_bias top_token scale bias "));
  EXPECT_EQ(columnsOf("top_activation"),
            "feature rank position token str_token context activation activation_ft");
  EXPECT_EQ(plainQuery(path_, "SELECT value FROM provenance WHERE key = 'model'"),
            std::vector<std::string>{"tiny"});
  EXPECT_EQ(plainQuery(path_, "SELECT count(*), sum(dead) FROM feature_table").front(),
            std::to_string(index_.features.size()) + "|" +
                std::to_string(std::ranges::count_if(index_.features,
                                                     [](const auto& f) { return f.record.dead; })));
  EXPECT_EQ(plainQuery(path_, "PRAGMA user_version").front(), "2");
  EXPECT_EQ(plainQuery(path_, "PRAGMA integrity_check").front(), "ok");
  EXPECT_EQ(plainQuery(path_, "PRAGMA journal_mode").front(), "delete");
}

TEST_P(Index, SortsByEveryColumnWithMissingValuesLastAndTiesById) {
  const IndexReader reader = IndexReader::open(path_);
  const auto value = [](const FeatureRecord& r,
                        const std::string& column) -> std::optional<double> {
    if (column == "feature") return r.feature.value;
    if (column == "density") return r.density;
    if (column == "active_tokens") return static_cast<double>(r.activeTokens);
    if (column == "max") return r.max;
    if (column == "mean_active") return r.meanActive;
    if (column == "dead") return r.dead;
    if (column == "cosine_to_dead") return r.cosineToDead;
    if (column == "decoder_norm") return r.decoderNorm;
    if (column == "encoder_bias") return r.encoderBias;
    if (column == "scale") return r.scale;
    return r.bias;
  };
  for (const std::string& column : reader.featureColumns()) {
    for (const bool descending : {false, true}) {
      std::vector<FeatureRecord> expected;
      for (const auto& feature : index_.features) expected.push_back(feature.record);
      std::ranges::stable_sort(expected, [&](const FeatureRecord& a, const FeatureRecord& b) {
        if (column == "top_token") {
          return descending ? a.topToken > b.topToken : a.topToken < b.topToken;
        }
        const auto left = value(a, column), right = value(b, column);
        if (left.has_value() != right.has_value()) return left.has_value();
        return descending ? left > right : left < right;
      });
      const auto rows =
          reader.features({.sortColumn = column, .descending = descending, .limit = 17});
      ASSERT_EQ(rows.size(), 17u);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].feature, expected[i].feature) << column << " " << descending << " " << i;
      }
    }
  }
}

TEST_P(Index, FiltersByAnExpressionOverItsColumns) {
  const IndexReader reader = IndexReader::open(path_);
  std::vector<FeatureId> expected;
  for (const auto& feature : index_.features) {
    const FeatureRecord& r = feature.record;
    if (!r.dead && (r.topToken == "·the" || r.max > 1.0)) expected.push_back(r.feature);
  }
  std::vector<FeatureId> found;
  for (const auto& r :
       reader.features({.where = "NOT dead AND (top_token = '·the' OR max > 1.0)"})) {
    found.push_back(r.feature);
  }
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(reader.features({.where = "density > 2"}).empty());
  EXPECT_EQ(reader.features({.where = "feature IN (3, 5) -- two"}).size(), 2u);
  EXPECT_EQ(
      reader.features({.limit = 1, .where = "max >= (SELECT max(max) FROM feature_table)"}).size(),
      1u);
  EXPECT_EQ(reader.features({.where = "abs(encoder_bias) >= 0 AND top_token LIKE '%'"}).size(),
            index_.features.size());
}

TEST_P(Index, ShowsTheTokensAroundAPositionOneByOne) {
  const IndexReader reader = IndexReader::open(path_);
  for (std::size_t position = 0; position < index_.tokens.size(); position += 3) {
    const auto [start, end] = index_.sequenceAround(position);
    const std::size_t first = std::max(start, position < 4 ? 0 : position - 4);
    const std::size_t last = std::min(end, position + 7);
    const ContextRecord record = reader.context(static_cast<Position>(position), 4, 6);
    EXPECT_EQ(record.first, static_cast<Position>(first));
    EXPECT_EQ(record.peak, position - first);
    EXPECT_EQ(record.tokens,
              std::vector<std::string>(index_.display.begin() + static_cast<long>(first),
                                       index_.display.begin() + static_cast<long>(last)));
  }
  EXPECT_EQ(reader.context(0, -1, -1).tokens.size(), 1u);
  EXPECT_EQ(reader.context(0, INT64_MAX, INT64_MAX).tokens.size(), index_.sequenceLengths[0]);
}

TEST_P(Index, RefusesIdsOutsideOfIt) {
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(codeOf([&] { (void)reader.feature(FeatureId{40}); }), ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.topActivations(FeatureId{-1}, 5); }), ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.context(reader.tokenCount(), 1, 1); }),
            ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.context(-1, 1, 1); }), ErrorCode::OutOfRange);
  EXPECT_THAT(messageOf([&] { (void)reader.feature(FeatureId{40}); }), HasSubstr("0 to 39"));
}

TEST_P(Index, ServesManyReadersAtOnce) {
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      const IndexReader reader = IndexReader::open(path_);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(reader.features().size(), index_.features.size());
    });
  }
}

TEST(FeatureFilter, NamesTheNearestColumnAndFunction) {
  TemporaryFolder folder;
  const fs::path path = folder.path() / "i.sqlite";
  write(path, makeSmallIndex(1, false));
  const IndexReader reader = IndexReader::open(path);
  EXPECT_THAT(messageOf([&] { (void)reader.features({.where = "densty > 1"}); }),
              HasSubstr("did you mean density?"));
  EXPECT_THAT(messageOf([&] { (void)reader.features({.sortColumn = "desnity"}); }),
              HasSubstr("did you mean density?"));
  EXPECT_THAT(messageOf([&] { (void)reader.features({.where = "ab(max) > 1"}); }),
              HasSubstr("did you mean abs?"));
  EXPECT_THAT(messageOf([&] { (void)reader.features({.where = "scale > 1"}); }),
              HasSubstr("scale"));
  EXPECT_EQ(codeOf([&] { (void)reader.features({.sortColumn = "scale"}); }), ErrorCode::BadUsage);
  EXPECT_EQ(codeOf([&] { (void)reader.features({.limit = -1}); }), ErrorCode::BadUsage);
}

TEST(FeatureFilter, AcceptsOneExpressionAndNothingElse) {
  TemporaryFolder folder;
  const fs::path path = folder.path() / "i.sqlite";
  write(path, makeSmallIndex(1, false));
  const IndexReader reader = IndexReader::open(path);
  for (const std::string where : {"1; DROP TABLE feature",
                                  "1) OR (1",
                                  "1) UNION SELECT 1 FROM feature_table WHERE (1",
                                  "1) /*",
                                  "1 FROM feature_table /*",
                                  "1, 2",
                                  "?",
                                  ":name",
                                  "max >",
                                  "'open",
                                  "\"no_such\" = 1",
                                  "(SELECT max(max) FROM feature)",
                                  "(SELECT sql FROM sqlite_master)",
                                  "(SELECT value FROM provenance)",
                                  "load_extension('x')",
                                  "randomblob(1000000000)",
                                  "zeroblob(1000000000) IS NULL",
                                  "printf('%1000000000d', 1) = ''",
                                  "1 ORDER BY 1",
                                  "1 LIMIT 1",
                                  "count(*) > 1",
                                  "max(max) > 1",
                                  "EXISTS (SELECT * FROM pragma_database_list)",
                                  "1)--",
                                  "*",
                                  "feature_table.*",
                                  " ",
                                  "-- only a comment"}) {
    EXPECT_EQ(codeOf([&] { (void)reader.features({.where = where}); }), ErrorCode::BadUsage)
        << where;
  }
  EXPECT_EQ(reader.features().size(), 40u) << "the guard must leave with the filter";
}

}  // namespace
}  // namespace featurescope
