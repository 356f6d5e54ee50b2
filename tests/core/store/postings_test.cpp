// SPDX-License-Identifier: GPL-3.0-or-later
// Postings against the activations they were made from, whole and cut to a budget.
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "core/store/posting_code.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/store_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::codeOf;
using ::testing::HasSubstr;
using testing::makeSmallIndex;
using testing::messageOf;
using testing::plainQuery;
using testing::runPlain;
using testing::SmallIndex;
using testing::write;

class PostingsOfAnIndex : public ::testing::Test {
 protected:
  [[nodiscard]] std::int64_t number(const std::string& sql) const {
    return std::stoll(plainQuery(path_, sql).front());
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "i.sqlite";
  SmallIndex index_ = makeSmallIndex(8, false);
};

/// The strongest `count` activations, equal ones by position, in the order of positions.
std::map<Position, float> strongest(const std::map<Position, float>& activations,
                                    std::size_t count) {
  std::vector<std::pair<Position, float>> sorted(activations.begin(), activations.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &std::pair<Position, float>::second);
  return {sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count)};
}

std::map<Position, float> asMap(const Postings& postings) {
  std::map<Position, float> activations;
  for (std::size_t i = 0; i < postings.positions.size(); ++i) {
    activations.emplace(postings.positions[i], postings.values[i]);
  }
  return activations;
}

TEST_F(PostingsOfAnIndex, AreTheActivationsThatWereWritten) {
  write(path_, index_);
  const IndexReader reader = IndexReader::open(path_);
  for (const auto& feature : index_.features) {
    const Postings postings = reader.postings(feature.record.feature);
    EXPECT_EQ(asMap(postings), feature.activations);
    EXPECT_TRUE(std::ranges::is_sorted(postings.positions));
    EXPECT_EQ(postings.completeAbove, 0);
  }
}

TEST_F(PostingsOfAnIndex, AgreeWithTheStatistics) {
  write(path_, index_);
  const IndexReader reader = IndexReader::open(path_);
  double densities = 0;
  std::int64_t activations = 0;
  for (const FeatureRecord& record : reader.features()) {
    const Postings postings = reader.postings(record.feature);
    EXPECT_EQ(std::ssize(postings.positions), record.activeTokens);
    double sum = 0;
    float max = 0;
    for (const float value : postings.values) {
      sum += static_cast<double>(value);
      max = std::max(max, value);
    }
    EXPECT_EQ(static_cast<double>(max), record.max);
    if (!record.dead) {
      EXPECT_NEAR(sum / static_cast<double>(postings.values.size()), record.meanActive, 1e-12);
    }
    densities += record.density;
    activations += record.activeTokens;
  }
  const double l0 = static_cast<double>(activations) / static_cast<double>(reader.tokenCount());
  EXPECT_NEAR(densities, l0, 1e-12);
}

TEST_F(PostingsOfAnIndex, KeepToTheBudgetTheStrongestOfTheMostActiveFeatures) {
  write(path_, index_);
  const std::int64_t whole = number("SELECT sum(length(data)) FROM posting");
  for (const std::int64_t budget :
       {std::int64_t{0}, std::int64_t{300}, whole / 4, whole / 2, whole, std::int64_t{1} << 40}) {
    write(path_, index_, budget);
    const std::int64_t bytes = number("SELECT coalesce(sum(length(data)), 0) FROM posting") +
                               number("SELECT coalesce(sum(length(data)), 0) FROM token_posting");
    EXPECT_LE(bytes, budget);
    EXPECT_EQ(plainQuery(path_, "PRAGMA integrity_check").front(), "ok");
    const IndexReader reader = IndexReader::open(path_);
    std::int64_t mostWhole = 0, fewestCut = std::numeric_limits<std::int64_t>::max();
    for (const auto& feature : index_.features) {
      const FeatureRecord record = reader.feature(feature.record.feature);
      const std::int64_t stored = record.postings.value();
      const double above = record.postingsAbove.value();
      if (stored == record.activeTokens) {
        mostWhole = std::max(mostWhole, stored);
        EXPECT_EQ(above, 0);
      } else {
        fewestCut = std::min(fewestCut, record.activeTokens);
        EXPECT_GT(above, 0);
      }
      for (const auto& [position, value] : feature.activations) {
        if (static_cast<double>(value) <= above) continue;
        EXPECT_TRUE(asMap(reader.postings(record.feature)).contains(position));
      }
      if (stored == 0) continue;  // its top activations stand for them
      EXPECT_EQ(asMap(reader.postings(record.feature)),
                strongest(feature.activations, static_cast<std::size_t>(stored)));
    }
    EXPECT_LE(mostWhole, fewestCut) << "the most active are cut first";
    const bool cutAny = fewestCut < std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(cutAny, budget <= whole) << budget;
  }
}

TEST_F(PostingsOfAnIndex, LongerThanAChunkAreWhole) {
  SmallIndex index;
  index.vocabulary = {"a"};
  index.sequenceLengths = {5000};
  index.tokens.resize(5000);
  index.display.resize(5000, "a");
  index.features.resize(1);
  RandomStream random(4);
  for (Position position = 0; position < 5000;
       position += 1 + static_cast<Position>(random.below(3))) {
    index.features[0].activations.emplace(position, static_cast<float>(0.1 + random.uniform()));
  }
  index.features[0].record.activeTokens = std::ssize(index.features[0].activations);
  write(path_, index);
  EXPECT_GT(number("SELECT count(*) FROM posting"), 5);
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(asMap(reader.postings(FeatureId{0})), index.features[0].activations);
  write(path_, index, 9000);
  const IndexReader cut = IndexReader::open(path_);
  const auto stored = static_cast<std::size_t>(cut.feature(FeatureId{0}).postings.value());
  EXPECT_GT(stored, 200u);
  EXPECT_LT(stored, index.features[0].activations.size());
  EXPECT_EQ(asMap(cut.postings(FeatureId{0})), strongest(index.features[0].activations, stored));
}

TEST_F(PostingsOfAnIndex, ThatAreDamagedAreSaidToBe) {
  write(path_, index_);
  const auto densest = std::ranges::max_element(
      index_.features, {}, [](const auto& feature) { return feature.record.activeTokens; });
  for (const char* damage :
       {"data = zeroblob(length(data))", "data = substr(data, 1, length(data) - 1)",
        "count = count - 1", "count = 1 << 60", "checksum = checksum + 1", "data = ''",
        "first_position = -5", "last_position = last_position + 1"}) {
    write(path_, index_);
    runPlain(path_, std::string("UPDATE posting SET ") + damage);
    const IndexReader reader = IndexReader::open(path_);
    EXPECT_EQ(codeOf([&] { (void)reader.postings(densest->record.feature); }),
              ErrorCode::DatabaseError)
        << damage;
    EXPECT_THAT(messageOf([&] { (void)reader.postings(densest->record.feature); }),
                HasSubstr("damaged"));
  }
}

TEST(PostingCode, GivesBackWhatItTook) {
  RandomStream random(2);
  for (int trial = 0; trial < 100; ++trial) {
    PostingEncoder encoder;
    std::vector<Position> positions;
    std::vector<float> values;
    auto position = static_cast<Position>(random.below(std::uint64_t{1} << random.below(60)));
    const std::size_t count = 1 + random.below(400);
    for (std::size_t i = 0; i < count; ++i) {
      positions.push_back(position);
      values.push_back(static_cast<float>(random.normal()));
      encoder.add(position, values.back());
      position += 1 + static_cast<Position>(random.below(std::uint64_t{1} << random.below(40)));
    }
    EXPECT_EQ(encoder.count(), std::ssize(positions));
    const std::string data = encoder.take();
    EXPECT_EQ(encoder.count(), 0);
    std::vector<Position> readPositions;
    std::vector<float> readValues;
    ASSERT_TRUE(decodePostings(data, std::ssize(positions), positions.front(), positions.back(),
                               readPositions, &readValues));
    EXPECT_EQ(readPositions, positions);
    EXPECT_EQ(readValues, values);
  }
}

TEST(PostingCode, RefusesBytesThatAreNoChunk) {
  RandomStream random(6);
  int accepted = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string data(random.below(40), '\0');
    for (char& byte : data) byte = static_cast<char>(random.below(256));
    std::vector<Position> positions;
    std::vector<float> values;
    const auto count = static_cast<std::int64_t>(random.below(8));
    const auto last = static_cast<Position>(random.below(300));
    if (!decodePostings(data, count, 0, last, positions, &values)) continue;
    ++accepted;
    EXPECT_EQ(std::ssize(positions), count);
    EXPECT_EQ(positions.back(), last);
    EXPECT_TRUE(std::ranges::is_sorted(positions));
  }
  EXPECT_LT(accepted, 100);
}

TEST(PostingCode, HasTheChecksumOfZlibAndPng) {
  EXPECT_EQ(checksumOf("123456789"), 0xCBF43926);  // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(checksumOf(""), 0);
}

}  // namespace
}  // namespace featurescope
