// SPDX-License-Identifier: GPL-3.0-or-later
// What the second version of the schema holds of a feature, against the vectors it was written
// from.
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/store_checks.h"
#include "tests/core/store/version_1.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::codeOf;
using ::testing::IsEmpty;
using testing::makeSmallIndex;
using testing::plainQuery;
using testing::SmallIndex;
using testing::write;
using testing::writeVersion1;

/// Remembers contexts the plain way: as lists of ids.
class ContextMemory {
 public:
  explicit ContextMemory(const SmallIndex& index) : index_(index) {}

  std::optional<Position> firstLike(Position position) {
    const auto at = static_cast<std::size_t>(position);
    const auto [start, end] = index_.sequenceAround(at);
    const std::size_t first = std::max(start, at < 10 ? 0 : at - 10);
    const std::size_t last = std::min(end, at + 11);
    std::vector<std::int32_t> key{static_cast<std::int32_t>(at - first)};
    for (std::size_t i = first; i < last; ++i) key.push_back(index_.tokens[i].value);
    const auto [entry, isNew] = seen_.emplace(std::move(key), position);
    if (isNew || entry->second == position) return std::nullopt;
    return entry->second;
  }

 private:
  const SmallIndex& index_;
  std::map<std::vector<std::int32_t>, Position> seen_;
};

class FeatureDetails : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { write(path_, index_); }

  void expectExamples(const std::vector<ActivationRecord>& records,
                      const std::vector<IndexWriter::Example>& expected, std::int64_t part,
                      ContextMemory& contexts) {
    ASSERT_EQ(records.size(), expected.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto position = static_cast<std::size_t>(expected[i].position);
      EXPECT_EQ(records[i].rank, static_cast<std::int64_t>(i + 1));
      EXPECT_EQ(records[i].part, part);
      EXPECT_EQ(records[i].position, expected[i].position);
      EXPECT_EQ(records[i].activation, static_cast<double>(expected[i].activation));
      EXPECT_EQ(records[i].activationFineTuned,
                std::optional<double>(expected[i].activationFineTuned));
      EXPECT_EQ(records[i].strToken, index_.display[position]);
      EXPECT_EQ(records[i].context, index_.contextAround(position, 10));
      EXPECT_EQ(records[i].repeatOf, contexts.firstLike(expected[i].position));
    }
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "i.sqlite";
  SmallIndex index_ = makeSmallIndex(21, GetParam());
};

INSTANTIATE_TEST_SUITE_P(WithAndWithoutFineTuning, FeatureDetails, ::testing::Bool());

TEST_P(FeatureDetails, GiveBackTheRowsNewFigures) {
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(reader.version(), 2);
  for (const auto& expected : index_.features) {
    const FeatureRecord record = reader.feature(expected.record.feature);
    EXPECT_EQ(record.densityLow, expected.record.densityLow);
    EXPECT_EQ(record.densityHigh, expected.record.densityHigh);
    EXPECT_EQ(record.topTokenCount, expected.record.topTokenCount);
    EXPECT_EQ(record.encoderNorm, expected.record.encoderNorm);
    EXPECT_EQ(record.encoderCosineToDead, expected.record.encoderCosineToDead);
    EXPECT_EQ(record.activeTokensFineTuned, expected.record.activeTokensFineTuned);
    EXPECT_EQ(record.maxFineTuned, expected.record.maxFineTuned);
    EXPECT_EQ(record.meanActiveFineTuned, expected.record.meanActiveFineTuned);
    EXPECT_EQ(record.postings, expected.record.activeTokens);
    EXPECT_EQ(record.postingsAbove, 0.0);
  }
}

TEST_P(FeatureDetails, GiveExamplesOfEveryKindAndMarkRepeats) {
  const IndexReader reader = IndexReader::open(path_);
  std::int64_t repeats = 0;
  for (const auto& feature : index_.features) {
    const FeatureId id = feature.record.feature;
    ContextMemory contexts(index_);
    const auto top = reader.examples(id, ExampleKind::Top, 100);
    expectExamples(top, feature.top, 0, contexts);
    auto quantiles = reader.examples(id, ExampleKind::Quantile, 100);
    for (std::size_t part = 0; part < feature.quantiles.size(); ++part) {
      const auto size = static_cast<std::ptrdiff_t>(feature.quantiles[part].size());
      ASSERT_GE(std::ssize(quantiles), size);
      expectExamples({quantiles.begin(), quantiles.begin() + size}, feature.quantiles[part],
                     static_cast<std::int64_t>(part + 1), contexts);
      quantiles.erase(quantiles.begin(), quantiles.begin() + size);
    }
    EXPECT_THAT(quantiles, IsEmpty());
    expectExamples(reader.examples(id, ExampleKind::Random, 100), feature.random, 0, contexts);
    expectExamples(reader.examples(id, ExampleKind::NearMiss, 100), feature.nearMisses, 0,
                   contexts);
    repeats +=
        std::ranges::count_if(top, [](const auto& entry) { return entry.repeatOf.has_value(); });
    EXPECT_EQ(reader.examples(id, ExampleKind::NearMiss, 2).size(), 2u);
  }
  EXPECT_GT(repeats, 0) << "one sequence comes twice";
}

TEST_P(FeatureDetails, MarkASequenceThatComesAgain) {
  const auto rows = plainQuery(path_, "SELECT start, repeat_of FROM sequence ORDER BY start");
  ASSERT_EQ(rows.size(), index_.sequenceLengths.size());
  std::map<std::vector<TokenId>, std::size_t> seen;
  std::size_t start = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto begin = index_.tokens.begin() + static_cast<std::ptrdiff_t>(start);
    const std::vector<TokenId> tokens(
        begin, begin + static_cast<std::ptrdiff_t>(index_.sequenceLengths[i]));
    const auto [first, isNew] = seen.emplace(tokens, start);
    EXPECT_EQ(rows[i], fmt::format("{}|{}", start, isNew ? "NULL" : std::to_string(first->second)));
    start += index_.sequenceLengths[i];
  }
  EXPECT_LT(seen.size(), rows.size());
}

TEST_P(FeatureDetails, GiveHistogramsTokensLogitsAndNeighbours) {
  const IndexReader reader = IndexReader::open(path_);
  for (const auto& feature : index_.features) {
    const FeatureId id = feature.record.feature;
    const auto bins = reader.histogram(id);
    ASSERT_EQ(bins.size(), feature.histogram.size());
    std::int64_t counted = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const auto bin = static_cast<std::size_t>(feature.histogram[i].bin);
      EXPECT_EQ(bins[i].low, index_.histogramEdges[bin]);
      EXPECT_EQ(bins[i].high, index_.histogramEdges[bin + 1]);
      EXPECT_EQ(bins[i].count, feature.histogram[i].count);
      EXPECT_EQ(bins[i].countFineTuned, feature.histogram[i].countFineTuned);
      counted += bins[i].count;
    }
    EXPECT_EQ(counted, feature.record.activeTokens);

    const auto tokens = reader.featureTokens(id);
    ASSERT_EQ(tokens.size(), feature.tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const auto [token, count] = feature.tokens[i];
      const auto occurrences = std::ranges::count(index_.tokens, token);
      EXPECT_EQ(tokens[i].token, token);
      EXPECT_EQ(tokens[i].strToken, index_.vocabulary[static_cast<std::size_t>(token.value)]);
      EXPECT_EQ(tokens[i].count, count);
      EXPECT_DOUBLE_EQ(tokens[i].precision, static_cast<double>(count) /
                                                static_cast<double>(feature.record.activeTokens));
      EXPECT_DOUBLE_EQ(tokens[i].recall,
                       static_cast<double>(count) / static_cast<double>(occurrences));
    }

    const LogitTokens logits = reader.logitTokens(id);
    ASSERT_EQ(logits.promoted.size(), 3u);
    ASSERT_EQ(logits.suppressed.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(logits.promoted[i].token, feature.promoted[i].token);
      EXPECT_EQ(logits.promoted[i].value, feature.promoted[i].value);
      EXPECT_EQ(logits.suppressed[i].token, feature.suppressed[i].token);
      EXPECT_EQ(logits.suppressed[i].value, feature.suppressed[i].value);
    }

    for (const auto relation : {NeighbourRelation::DecoderCosine, NeighbourRelation::EncoderCosine,
                                NeighbourRelation::Jaccard, NeighbourRelation::Pearson}) {
      const auto neighbours = reader.neighbours(id, relation);
      ASSERT_EQ(neighbours.size(), 3u);
      for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(neighbours[i].feature, feature.neighbours[i].feature);
        EXPECT_EQ(neighbours[i].value, feature.neighbours[i].value);
      }
    }
  }
}

TEST_P(FeatureDetails, ShowThroughViewsWhatTheReaderGives) {
  const IndexReader reader = IndexReader::open(path_);
  const FeatureId id = std::ranges::max_element(index_.features, {}, [](const auto& feature) {
                         return feature.record.activeTokens;
                       })->record.feature;
  const std::string where = fmt::format(" WHERE feature = {}", id.value);
  EXPECT_EQ(plainQuery(path_, "SELECT sum(count) FROM activation_histogram" + where).front(),
            std::to_string(reader.feature(id).activeTokens));
  EXPECT_EQ(plainQuery(path_, "SELECT group_concat(DISTINCT kind) FROM feature_example" + where),
            std::vector<std::string>{"top,quantile,random,near miss"});
  EXPECT_EQ(
      plainQuery(path_, "SELECT position, context FROM feature_example" + where +
                            " AND kind = 'quantile' AND part = 1 AND rank = 1"),
      plainQuery(path_, "SELECT position, context FROM top_activation" + where + " AND rank = 1"));
  EXPECT_EQ(plainQuery(path_, "SELECT str_token FROM feature_token" + where + " AND rank = 1"),
            std::vector<std::string>{reader.featureTokens(id).front().strToken});
  EXPECT_EQ(plainQuery(path_, "SELECT token FROM logit_token" + where +
                                  " AND direction = 'suppressed' AND rank = 1"),
            std::vector<std::string>{
                std::to_string(reader.logitTokens(id).suppressed.front().token.value)});
  EXPECT_EQ(plainQuery(path_, "SELECT other FROM neighbour" + where +
                                  " AND relation = 'jaccard' AND rank = 1"),
            std::vector<std::string>{std::to_string(
                reader.neighbours(id, NeighbourRelation::Jaccard).front().feature.value)});
  EXPECT_EQ(
      plainQuery(path_, "SELECT top_token_share FROM feature_table" + where).front(),
      plainQuery(path_, "SELECT CAST(top_token_count AS REAL) / active_tokens FROM feature" + where)
          .front());
}

TEST_P(FeatureDetails, MayBeNamedInQueries) {
  const IndexReader reader = IndexReader::open(path_);
  std::size_t expected = 0;
  for (const auto& feature : index_.features) {
    expected += *feature.record.encoderNorm > 0.5 && *feature.record.densityHigh > 0.1 ? 1 : 0;
  }
  EXPECT_EQ(reader
                .features({.sortColumn = "encoder_norm",
                           .where = "encoder_norm > 0.5 AND density_high > 0.1"})
                .size(),
            expected);
  EXPECT_EQ(codeOf([&] { (void)reader.features({.where = "max_ft > 0"}); }),
            GetParam() ? ErrorCode::Internal : ErrorCode::BadUsage);
  EXPECT_EQ(reader.featureColumns().size(), GetParam() ? 12u : 10u);
  EXPECT_EQ(reader.allFeatureColumns().size(), GetParam() ? 24u : 18u);
}

TEST_P(FeatureDetails, OfADeadFeatureAreEmptyAndOutOfRangeIsAnError) {
  const IndexReader reader = IndexReader::open(path_);
  const auto dead = std::ranges::find_if(index_.features,
                                         [](const auto& feature) { return feature.record.dead; });
  ASSERT_NE(dead, index_.features.end());
  const FeatureId id = dead->record.feature;
  EXPECT_THAT(reader.histogram(id), IsEmpty());
  EXPECT_THAT(reader.featureTokens(id), IsEmpty());
  EXPECT_THAT(reader.postings(id).positions, IsEmpty());
  EXPECT_FALSE(reader.feature(id).topTokenCount);
  const FeatureId none{1000};
  EXPECT_EQ(codeOf([&] { (void)reader.histogram(none); }), ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.examples(none, ExampleKind::Random, 1); }),
            ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.logitTokens(none); }), ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.neighbours(none, NeighbourRelation::Pearson); }),
            ErrorCode::OutOfRange);
  EXPECT_EQ(codeOf([&] { (void)reader.postings(none); }), ErrorCode::OutOfRange);
}

/// What both versions hold.
void expectFirstVersionsParts(const IndexReader& reader, const SmallIndex& index) {
  EXPECT_EQ(reader.provenance(), index.provenance);
  EXPECT_EQ(reader.tokenCount(), std::ssize(index.tokens));
  for (const auto& feature : index.features) {
    const FeatureId id = feature.record.feature;
    const FeatureRecord record = reader.feature(id);
    EXPECT_EQ(record.activeTokens, feature.record.activeTokens);
    EXPECT_EQ(record.max, feature.record.max);
    EXPECT_EQ(record.scale, feature.record.scale);
    EXPECT_EQ(record.topToken, feature.record.topToken);
    EXPECT_FALSE(record.densityLow);
    EXPECT_FALSE(record.postings);
    EXPECT_FALSE(record.maxFineTuned);
    const auto top = reader.topActivations(id, 100);
    ASSERT_EQ(top.size(), feature.top.size());
    for (std::size_t i = 0; i < top.size(); ++i) {
      EXPECT_EQ(top[i].position, feature.top[i].position);
      EXPECT_EQ(top[i].activation, static_cast<double>(feature.top[i].activation));
      EXPECT_EQ(top[i].context, index.contextAround(static_cast<std::size_t>(top[i].position), 10));
    }
    EXPECT_THAT(reader.examples(id, ExampleKind::Random, 100), IsEmpty());
    EXPECT_THAT(reader.histogram(id), IsEmpty());
    EXPECT_THAT(reader.featureTokens(id), IsEmpty());
    EXPECT_THAT(reader.logitTokens(id).promoted, IsEmpty());
    EXPECT_THAT(reader.neighbours(id, NeighbourRelation::Pearson), IsEmpty());
    EXPECT_EQ(reader.postings(id).positions.size(), feature.top.size());
  }
}

TEST_P(FeatureDetails, AreEmptyInAnIndexOfTheFirstVersionWhichOpensAsItIs) {
  writeVersion1(path_, index_);
  const std::string before = readFile(path_);
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(reader.version(), 1);
  expectFirstVersionsParts(reader, index_);
  EXPECT_EQ(reader.allFeatureColumns(), reader.featureColumns());
  EXPECT_EQ(codeOf([&] { (void)reader.features({.where = "density_low > 0"}); }),
            ErrorCode::BadUsage);
  EXPECT_EQ(readFile(path_), before);
}

TEST_P(FeatureDetails, AreEmptyInAnIndexThatWasMigrated) {
  writeVersion1(path_, index_);
  Database database(path_, Database::Access::Build, path_);
  migrate(database);
  database.leaveWriteAheadMode();
  database.close();
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(reader.version(), 2);
  expectFirstVersionsParts(reader, index_);
  EXPECT_EQ(plainQuery(path_, "PRAGMA integrity_check").front(), "ok");
  EXPECT_EQ(plainQuery(path_, "SELECT sum(occurrences) FROM vocabulary").front(),
            std::to_string(index_.tokens.size()));
}

}  // namespace
}  // namespace featurescope
