// SPDX-License-Identifier: GPL-3.0-or-later
// Index files that somebody made to do harm (https://sqlite.org/security.html), not by accident.
#include "core/base/files.h"
#include "core/store/database.h"
#include "core/store/index_reader.h"
#include "core/store/upgrade_index.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/store_checks.h"
#include "tests/core/store/version_1.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <functional>
#include <new>
#include <numeric>

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

/// A database file as its pages (https://sqlite.org/fileformat2.html).
class Pages {
 public:
  explicit Pages(const fs::path& path)
      : path_(path),
        bytes_(readFile(path)),
        size_(std::stoul(plainQuery(path, "PRAGMA page_size").front())) {}

  /// Makes the table's tree of pages one of `depth` levels in which each page's children are all
  /// the same page: as many rows as the number of children to that power.
  void linkAgainAndAgain(const std::string& table, int depth) {
    std::size_t page = rootOf(table);
    ASSERT_EQ(bytes_[start(page)], kInterior) << "too few rows for a tree";
    const std::string interior = bytes_.substr(start(page), size_);
    const std::vector<std::size_t> children = childrenOf(page);
    ASSERT_GT(children.size(), static_cast<std::size_t>(depth));
    for (int level = 0; level < depth; ++level) {
      const std::size_t child = children[static_cast<std::size_t>(level)];
      bytes_.replace(start(page), size_, interior);
      for (const std::size_t place : childPlaces(page)) setNumber(place, child);
      page = child;
    }
    std::ofstream(path_, std::ios::binary) << bytes_;
  }

  /// Gives the rows of a table of one page these ids, below 128 as they were, in any order.
  void setRowIds(const std::string& table, const std::vector<char>& ids) {
    const std::size_t page = rootOf(table);
    ASSERT_EQ(bytes_[start(page)], kLeaf) << "too many rows";
    ASSERT_EQ(number(start(page) + kCount, 2), ids.size());
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const std::size_t cell = number(start(page) + kLeafCells + 2 * row, 2);
      bytes_[start(page) + cell + 1] = ids[row];  // after its length, a byte as well
    }
    std::ofstream(path_, std::ios::binary) << bytes_;
  }

 private:
  static constexpr char kInterior = 5, kLeaf = 13;
  static constexpr std::size_t kCount = 3, kLast = 8, kLeafCells = 8, kCells = 12;

  [[nodiscard]] std::size_t rootOf(const std::string& table) const {
    return std::stoul(
        plainQuery(path_, "SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'")
            .front());
  }

  [[nodiscard]] std::size_t start(std::size_t page) const { return (page - 1) * size_; }

  [[nodiscard]] std::size_t number(std::size_t at, int bytes) const {
    std::size_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[at++]);
    return value;
  }
  void setNumber(std::size_t at, std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_[at++] = static_cast<char>(value >> shift);
  }

  /// Where an interior page names its children: in its cells, and the last in its header.
  [[nodiscard]] std::vector<std::size_t> childPlaces(std::size_t page) const {
    std::vector<std::size_t> places;
    const std::size_t cells = number(start(page) + kCount, 2);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      places.push_back(start(page) + number(start(page) + kCells + 2 * cell, 2));
    }
    places.push_back(start(page) + kLast);
    return places;
  }
  [[nodiscard]] std::vector<std::size_t> childrenOf(std::size_t page) const {
    std::vector<std::size_t> children;
    for (const std::size_t place : childPlaces(page)) children.push_back(number(place, 4));
    return children;
  }

  fs::path path_;
  std::string bytes_;
  std::size_t size_;
};

class HostileIndex : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "hostile.sqlite";
};

TEST_F(HostileIndex, WhosePagesAreLinkedAgainAndAgainIsFoundDamagedSoon) {
  write(path_, makeSmallIndex(3, false, 3000));
  Pages(path_).linkAgainAndAgain("feature", 15);  // more rows than a number has digits for
  const std::clock_t begin = std::clock();        // of the processor, however busy it is
  EXPECT_EQ(codeOf([&] {
              const IndexReader reader = IndexReader::open(path_);
              (void)reader.features();
            }),
            ErrorCode::DatabaseError);
  EXPECT_EQ(codeOf([&] {
              const IndexReader reader = IndexReader::open(path_);
              (void)reader.features({.sortColumn = "top_token"});
            }),
            ErrorCode::DatabaseError);
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 30);
}

/// An index of three sequences of 20 tokens each, and no feature.
SmallIndex threeSequences() {
  SmallIndex index = makeSmallIndex(3, false);
  index.features.clear();
  index.sequenceLengths = {20, 20, 20};
  index.tokens.resize(60);
  index.display.resize(60);
  return index;
}

TEST_F(HostileIndex, WhoseSequencesDoNotAscendIsFoundDamagedByASearch) {
  write(path_, threeSequences());
  const std::string whole = readFile(path_);
  const std::vector<std::vector<char>> orders{{0, 59, 0}, {0, 0, 0}, {20, 0, 40}, {0, 40, 20}};
  for (const auto& order : orders) {
    std::ofstream(path_, std::ios::binary) << whole;
    Pages(path_).setRowIds("sequence", order);
    const IndexReader reader = IndexReader::open(path_);
    EXPECT_EQ(
        codeOf([&] {
          (void)reader.search({.condition = SearchCondition::text("[a-z]"), .countAll = true});
        }),
        ErrorCode::DatabaseError)
        << ::testing::PrintToString(order);
  }
}

TEST_F(HostileIndex, WhosePositionsRepeatIsFoundDamagedByAContext) {
  write(path_, threeSequences());
  std::vector<char> positions(60, 3);
  std::iota(positions.begin(), positions.begin() + 3, '\0');
  Pages(path_).setRowIds("corpus_token", positions);
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(codeOf([&] { (void)reader.context(3, 1, 1); }), ErrorCode::DatabaseError);
}

TEST_F(HostileIndex, WhoseCorpusIsEndlessIsFoundDamagedSoonByWhateverReadsIt) {
  SmallIndex index = threeSequences();
  index.sequenceLengths = {30'000};
  index.tokens.resize(30'000, TokenId{0});
  index.display.resize(30'000, index.vocabulary[0]);
  write(path_, index, 0);  // no room for the positions of tokens: they are looked for
  Pages(path_).linkAgainAndAgain("corpus_token", 8);
  const IndexReader reader = IndexReader::open(path_);
  const std::vector<std::function<void()>> readings{
      [&] { (void)reader.context(3, 1'000'000, 1'000'000); },
      [&] { (void)reader.search({.condition = SearchCondition::token(" the"), .countAll = true}); },
      [&] { (void)reader.search({.condition = SearchCondition::text("t.e"), .countAll = true}); }};
  const std::clock_t begin = std::clock();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    EXPECT_EQ(codeOf(readings[i]), ErrorCode::DatabaseError) << "reading " << i;
  }
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 30);
}

TEST_F(HostileIndex, CannotMakeASearchTakeAsManyBoundsAsItRunsStatements) {
  write(path_, makeSmallIndex(3, false));
  const Database database(path_, Database::Access::Read, path_);
  const auto countTwice = [&] {  // each time by most of what one statement may take
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(database.integer("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                 "LIMIT 1000000) SELECT count(*) FROM n"),
                1'000'000);
    }
  };
  {
    const Database::SharedBound bound(database, 1);
    EXPECT_EQ(codeOf(countTwice), ErrorCode::DatabaseError);
  }
  {
    const Database::SharedBound bound(database, 2);
    countTwice();
  }
  countTwice();
}

TEST_F(HostileIndex, GivesNoMoreBytesThanItsSizeAllows) {
  write(path_, makeSmallIndex(3, false));
  const Database database(path_, Database::Access::Read, path_);
  for (const char* value : {"hex(zeroblob(500000))", "zeroblob(1000000)"}) {
    Statement rows(database, fmt::format("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                                         "FROM n LIMIT 1000) SELECT {} FROM n",
                                         value));
    std::size_t bytes = 0;
    EXPECT_EQ(codeOf([&] {
                while (rows.step()) bytes += rows.blob(0).size();
              }),
              ErrorCode::DatabaseError);
    EXPECT_GE(bytes, 20'000'000U);
    EXPECT_LE(bytes, 20'000'000U + 20 * fs::file_size(path_));
  }
}

TEST_F(HostileIndex, WhoseFirstRowIsLongerThanAnyFileIsDamagedAndNoWantOfMemory) {
  constexpr std::size_t kPage = 512, kPages = 41, kCell = 300;  // more pages than the row's header
  const auto number = [](std::size_t value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value)};
  };
  std::string bytes(kPages * kPage, '\0');
  const auto put = [&](std::size_t at, const std::string& part) {
    bytes.replace(at, part.size(), part);
  };
  put(0, "SQLite format 3");
  put(16, number(kPage));
  put(21, "\x40\x20\x20");                // fractions of a page, the same in every file
  put(100, "\x0d");                       // a leaf,
  put(103, number(1));                    // of one row,
  put(108, number(kCell));                // which begins here
  put(kCell, std::string(11, '\xff'));    // its length and its id,
  put(kCell + 11, {'\0', '\xff', '\0'});  // the length of its header: 16256 bytes
  std::ofstream(path_, std::ios::binary) << bytes;
  for (int again = 0; again < 80; ++again) {  // looking for memory must not use it up
    ASSERT_THAT(messageOf([&] {
                  const Database database(path_, Database::Access::Read, path_);
                  (void)database.integer("SELECT count(*) FROM sqlite_master");
                }),
                HasSubstr("the database is damaged"));
  }
}

/// An upgrade of a damaged index: refused, and nothing but the file as it was is there afterwards.
void expectNoUpgrade(const fs::path& path) {
  const std::string bytes = readFile(path);
  EXPECT_THAT(messageOf([&] { (void)upgradeIndex(path); }), HasSubstr("the database is damaged"));
  EXPECT_EQ(readFile(path), bytes);
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1);
}

TEST_F(HostileIndex, IsNotUpgradedWhereItsPagesAreLinkedAgainAndAgain) {
  testing::writeVersion1(path_, makeSmallIndex(3, false, 3000));
  Pages(path_).linkAgainAndAgain("feature", 15);
  const std::clock_t begin = std::clock();
  expectNoUpgrade(path_);
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 30);
}

TEST_F(HostileIndex, IsNotUpgradedWhereARowComesTwice) {
  testing::writeVersion1(path_, threeSequences());
  Pages(path_).setRowIds("sequence", {0, 0, 40});
  expectNoUpgrade(path_);
}

TEST_F(HostileIndex, IsNotUpgradedWhereAValueIsMissing) {
  testing::writeVersion1(path_, threeSequences());
  const auto changeSchema = [&](const std::string& from, const std::string& to) {
    runPlain(path_, fmt::format("PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = "
                                "replace(sql, '{}', '{}') WHERE name = 'sequence'",
                                from, to));
  };
  changeSchema("NOT NULL", "");
  runPlain(path_, "UPDATE sequence SET length = NULL WHERE start = 20");
  changeSchema("length INTEGER ", "length INTEGER NOT NULL");
  expectNoUpgrade(path_);
}

TEST_F(HostileIndex, RunsNoTriggerNotEvenWhereItIsWritten) {
  runPlain(path_,
           "CREATE TABLE a (x); CREATE TABLE fired (x);"
           "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO fired VALUES (1); END;");
  Database database(path_, Database::Access::Build, path_);
  database.execute("INSERT INTO a VALUES (1)");
  EXPECT_EQ(database.integer("SELECT count(*) FROM a"), 1);
  EXPECT_EQ(database.integer("SELECT count(*) FROM fired"), 0);
}

TEST_F(HostileIndex, CallsNoFunctionOfTheProgramsFromItsViews) {
  runPlain(path_, "CREATE VIEW evil AS SELECT harm(1) AS x; CREATE TABLE a (x);");
  const Database database(path_, Database::Access::Read, path_);
  const auto harm = [](sqlite3_context* context, int, sqlite3_value**) {
    sqlite3_result_int(context, 1);
  };
  ASSERT_EQ(sqlite3_create_function(database.handle(), "harm", 1, SQLITE_UTF8, nullptr, harm,
                                    nullptr, nullptr),
            SQLITE_OK);
  EXPECT_EQ(database.integer("SELECT harm(1)"), 1);
  EXPECT_THAT(messageOf([&] { (void)database.integer("SELECT x FROM evil"); }),
              HasSubstr("unsafe use of harm()"));
}

TEST_F(HostileIndex, LoadsNoExtensionAttachesNothingAndWritesNothing) {
  write(path_, makeSmallIndex(3, false));
  Database database(path_, Database::Access::Read, path_);
  for (const char* sql : {"SELECT load_extension('libevil')", "ATTACH 'other.sqlite' AS other",
                          "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = ''"}) {
    EXPECT_EQ(codeOf([&] { database.execute(sql); }), ErrorCode::DatabaseError) << sql;
  }
  EXPECT_EQ(codeOf([&] { database.execute("DELETE FROM feature"); }), ErrorCode::CannotWrite);
}

TEST_F(HostileIndex, CannotTakeMoreMemoryThanSqliteIsGivenInAll) {
  write(path_, makeSmallIndex(3, false));
  const Database database(path_, Database::Access::Read, path_);
  EXPECT_EQ(sqlite3_hard_heap_limit64(-1), std::int64_t{1} << 30) << "as docs/security.md says";
  // What happens there, without taking so much: sorting 100 MB where 64 MiB more are allowed. What
  // was sorted so far is free again when the error is told, and still it is no damaged file.
  sqlite3_hard_heap_limit64(sqlite3_memory_used() + (std::int64_t{64} << 20));
  EXPECT_THROW(
      (void)database.integer(
          "SELECT count(*) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
          "LIMIT 1000) SELECT DISTINCT randomblob(100000) FROM n)"),
      std::bad_alloc);
  const IndexReader reader = IndexReader::open(path_);  // sets the limit again
  EXPECT_EQ(sqlite3_hard_heap_limit64(-1), std::int64_t{1} << 30);
  EXPECT_FALSE(reader.features().empty());
}

TEST_F(HostileIndex, WithValuesOfOtherTypesGivesNumbersAndTextsOrIsFoundDamaged) {
  write(path_, makeSmallIndex(3, false));
  runPlain(path_,
           "UPDATE feature SET active_tokens = 'many', max = x'FF00', mean_active = 'x', "
           "top_token = 12.5, decoder_norm = 9e999, postings = -3;"
           "UPDATE example SET position = 'nowhere', activation = x'';"
           "UPDATE vocabulary SET str_token = x'FF', bytes = 7;"
           "UPDATE sequence SET length = 9223372036854775807;"
           "UPDATE posting SET data = 3;");
  const IndexReader reader = IndexReader::open(path_);
  const FeatureRecord feature = reader.feature(FeatureId{0});
  EXPECT_EQ(feature.activeTokens, 0);
  EXPECT_EQ(feature.topToken, "12.5");
  const std::vector<std::function<void()>> readings{
      [&] { (void)reader.topActivations(FeatureId{0}, 10); },
      [&] { (void)reader.context(3, 1'000'000, 1'000'000); },
      [&] { (void)reader.postings(FeatureId{0}); },
      [&] { (void)reader.search({.condition = SearchCondition::text("a.b")}); },
      [&] { (void)reader.search({.condition = SearchCondition::active(FeatureId{1})}); }};
  for (const auto& read : readings) {
    try {
      read();
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::DatabaseError) << error.what();
    }
  }
}

}  // namespace
}  // namespace featurescope
