// SPDX-License-Identifier: GPL-3.0-or-later
// What can befall the file: forced ends, full disks, damage, strangers, other versions.
#include "core/base/files.h"
#include "core/store/database.h"
#include "core/store/index_reader.h"
#include "core/store/schema.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/store_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::codeOf;
using testing::fill;
using ::testing::HasSubstr;
using testing::makeSmallIndex;
using testing::messageOf;
using testing::plainQuery;
using testing::runPlain;
using testing::SmallIndex;
using testing::write;

std::vector<std::string> namesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

/// Without flushing to the disk: for many files that nobody keeps.
void writeQuickly(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Asks a reader everything it can be asked of a feature.
void readDetails(const IndexReader& reader, FeatureId feature) {
  for (const auto kind : {ExampleKind::Quantile, ExampleKind::Random, ExampleKind::NearMiss}) {
    (void)reader.examples(feature, kind, 100);
  }
  for (const auto relation : {NeighbourRelation::DecoderCosine, NeighbourRelation::Pearson}) {
    (void)reader.neighbours(feature, relation);
  }
  (void)reader.histogram(feature);
  (void)reader.featureTokens(feature);
  (void)reader.logitTokens(feature);
  (void)reader.postings(feature);
}

/// Asks a reader everything it can be asked.
void readEverything(const fs::path& path) {
  const IndexReader reader = IndexReader::open(path);
  (void)reader.provenance();
  for (const FeatureRecord& feature : reader.features({.sortColumn = "max", .where = "max >= 0"})) {
    (void)reader.topActivations(feature.feature, 100);
    if (feature.feature.value % 8 == 0) readDetails(reader, feature.feature);
  }
  for (Position p = 0; p < std::min<Position>(reader.tokenCount(), 2000); p += 50) {
    (void)reader.context(p, 5, 5);
  }
  using Condition = SearchCondition;
  (void)reader.search({.condition = Condition::any({Condition::token(":"), Condition::text("x.*y"),
                                                    Condition::active(FeatureId{0})}),
                       .limit = 5,
                       .shown = FeatureId{1},
                       .countAll = true});
}

class IndexFile : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "small index?.sqlite";
  SmallIndex index_ = makeSmallIndex(3, true);
};

TEST_F(IndexFile, IsOneFileOnceFinished) {
  write(path_, index_);
  EXPECT_EQ(namesIn(folder_.path()), std::vector<std::string>{path_.filename().string()});
}

/// The only file of the folder whose name ends so.
fs::path fileEndingIn(const fs::path& folder, std::string_view end) {
  fs::path found;
  for (const std::string& name : namesIn(folder)) {
    if (!name.ends_with(end)) continue;
    EXPECT_TRUE(found.empty()) << name;
    found = folder / name;
  }
  return found;
}

/// The file format versions for writing and reading (offsets 18 and 19): 1 is a rollback journal, 2
/// a write-ahead log.
std::array<int, 2> journalVersions(const fs::path& path) {
  std::array<char, 20> header{};
  std::ifstream(path, std::ios::binary).read(header.data(), header.size());
  return {header[18], header[19]};
}

TEST_F(IndexFile, GrowsInWriteAheadModeAndNeedsNoLogOnceFinished) {
  IndexWriter writer(path_, false);
  fill(writer, index_);
  EXPECT_EQ(journalVersions(fileEndingIn(folder_.path(), ".partial")), (std::array{2, 2}));
  EXPECT_FALSE(fileEndingIn(folder_.path(), ".partial-wal").empty());
  writer.finish();
  EXPECT_EQ(journalVersions(path_), (std::array{1, 1}));
  EXPECT_EQ(plainQuery(path_, "PRAGMA journal_mode").front(), "delete");
  EXPECT_EQ(plainQuery(path_, "PRAGMA integrity_check").front(), "ok");
  EXPECT_EQ(namesIn(folder_.path()).size(), 1u) << "and reading made nothing";
}

TEST_F(IndexFile, KeepsItsLogSmallWhileItGrows) {
  IndexWriter writer(path_, false);
  writer.writeVocabulary(index_.vocabulary);
  const std::vector<TokenId> tokens(50'000);
  const std::vector<std::string> display(tokens.size(), index_.vocabulary[0]);
  std::uintmax_t longest = 0;
  for (int sequence = 0; sequence < 40; ++sequence) {
    writer.appendSequence(tokens, display);
    longest = std::max(longest, fs::file_size(fileEndingIn(folder_.path(), "-wal")));
  }
  const std::uintmax_t whole = fs::file_size(fileEndingIn(folder_.path(), ".partial"));
  EXPECT_GT(whole, 12'000'000u) << "the file itself grows";
  EXPECT_LT(longest, 8'000'000u);
}

TEST_F(IndexFile, IsNotThereWithoutFinishAndLeavesNothing) {
  {
    IndexWriter writer(path_, false);
    fill(writer, index_);
    EXPECT_FALSE(fs::exists(path_));
  }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(IndexFile, ReplacesAnotherOnlyWithForceAndOnlyAtTheEnd) {
  writeFile(path_, "precious");
  EXPECT_EQ(codeOf([&] { IndexWriter(path_, false); }), ErrorCode::OutputExists);
  {
    IndexWriter writer(path_, true);
    fill(writer, index_);
  }
  EXPECT_EQ(readFile(path_), "precious");
  write(path_, index_);
  readEverything(path_);
}

TEST_F(IndexFile, IsReadWhileAnotherIsWrittenInItsPlace) {
  write(path_, index_);
  const IndexReader before = IndexReader::open(path_);
  IndexWriter writer(path_, true);
  fill(writer, makeSmallIndex(4, false, 7));
  readEverything(path_);
  EXPECT_EQ(IndexReader::open(path_).featureCount(), 40);
  writer.finish();
  EXPECT_EQ(IndexReader::open(path_).featureCount(), 7);
  EXPECT_EQ(before.featureCount(), 40);
  EXPECT_EQ(before.features().size(), 40u) << "what was opened stays what it was";
}

TEST_F(IndexFile, IsNotReadOnOnceSomebodyWritesIntoIt) {
  write(path_, index_);
  const IndexReader before = IndexReader::open(path_);
  const fs::path other = folder_.path() / "other.sqlite";
  write(other, makeSmallIndex(4, false, 7));
  writeQuickly(path_, readFile(other));  // as cp does
  const auto read = [&] { (void)before.feature(FeatureId{0}); };
  EXPECT_EQ(codeOf(read), ErrorCode::DatabaseError);
  EXPECT_THAT(messageOf(read), HasSubstr("open it again"));
  EXPECT_EQ(IndexReader::open(path_).featureCount(), 7);
}

TEST_F(IndexFile, OfMoreTokensThanItsSizeAllowsIsDamaged) {
  write(path_, index_);
  runPlain(path_, "INSERT INTO corpus_token VALUES (1 << 60, 0)");
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::DatabaseError);
}

TEST_F(IndexFile, WithSequencesThatAreNotThoseOfItsTokensEndsInAnError) {
  for (const char* damage :
       {"UPDATE sequence SET length = length + 1",
        "UPDATE sequence SET length = 9223372036854775807", "UPDATE sequence SET length = -3",
        "DELETE FROM sequence", "UPDATE corpus_token SET token = 1 << 40",
        "DELETE FROM corpus_token WHERE position % 3 = 1"}) {
    write(path_, index_);
    runPlain(path_, damage);
    try {
      readEverything(path_);
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::DatabaseError) << damage << ": " << error.what();
    }
  }
}

TEST_F(IndexFile, ClearsWhatAKilledWriterLeft) {
  const pid_t child = ::fork();
  if (child == 0) {
    IndexWriter writer(path_, false);
    fill(writer, index_);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_THAT(namesIn(folder_.path()), ::testing::SizeIs(2)) << "the file and its log";
  EXPECT_THAT(messageOf([&] { IndexReader::open(path_); }), HasSubstr("build the index again"));
  const fs::path strangers = folder_.path() / ".other.sqlite.1.partial";
  writeFile(strangers, "of another name");
  write(path_, index_);
  EXPECT_EQ(namesIn(folder_.path()).size(), 2u);
  EXPECT_TRUE(fs::exists(strangers));
}

TEST_F(IndexFile, SaysThatItIsBeingWritten) {
  const IndexWriter writer(path_, false);
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::NotFound);
  EXPECT_THAT(messageOf([&] { IndexReader::open(path_); }), HasSubstr("being written"));
}

TEST_F(IndexFile, SaysThatAFolderCannotBeWritten) {
  EXPECT_EQ(codeOf([&] { IndexWriter(folder_.path(), true); }), ErrorCode::CannotWrite);
  EXPECT_EQ(codeOf([&] { IndexWriter("/proc/no/such/index.sqlite", true); }),
            ErrorCode::CannotWrite);
}

TEST_F(IndexFile, EndsWithAnErrorAndNothingLeftWhenTheDiskTakesNoMore) {
  // A limit on the file's size stands in for a full disk.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const ErrorCode code = codeOf([&] {
    IndexWriter writer(path_, false);
    writer.writeVocabulary(index_.vocabulary);
    const std::vector<TokenId> tokens(1'000'000);
    writer.appendSequence(tokens, std::vector<std::string>(tokens.size(), index_.vocabulary[0]));
    writer.finish();
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(code, ErrorCode::CannotWrite);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(IndexFile, SaysThatTheDiskIsFull) {
  Database database(path_, Database::Access::Build, path_);
  database.execute("PRAGMA max_page_count = 2; CREATE TABLE t (x)");
  const auto insertMuch = [&] { database.execute("INSERT INTO t VALUES (zeroblob(100000))"); };
  EXPECT_EQ(codeOf(insertMuch), ErrorCode::CannotWrite);
  EXPECT_THAT(messageOf(insertMuch), HasSubstr("the disk is full"));
}

TEST_F(IndexFile, OpensWhereNothingCanBeWritten) {
  write(path_, index_);
  for (const char* mode : {"DELETE", "WAL"}) {
    runPlain(path_, std::string("PRAGMA journal_mode = ") + mode);
    // Root writes anywhere, so a child gives its rights up first.
    const pid_t child = ::fork();
    if (child == 0) {
      ::chmod(folder_.path().c_str(), 0555);
      ::chmod(path_.c_str(), 0444);
      if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(2);
      ::_exit(codeOf([&] {
                readEverything(path_);
                throw UserError(ErrorCode::NotFound, "", "");
              }) == ErrorCode::NotFound
                  ? 0
                  : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0) << mode;
    ::chmod(folder_.path().c_str(), 0755);
    ::chmod(path_.c_str(), 0644);
  }
}

TEST_F(IndexFile, IsRefusedWhenItIsSomethingElse) {
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::NotFound);
  EXPECT_EQ(codeOf([&] { IndexReader::open(folder_.path()); }), ErrorCode::BadFile);
  writeFile(path_, "");
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::BadFile);
  writeFile(path_, std::string(5000, 'x'));
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::BadFile);
  fs::remove(path_);
  runPlain(path_, "CREATE TABLE feature (x); CREATE VIEW feature_table AS SELECT 1");
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::BadFile);
}

TEST_F(IndexFile, OfANewerVersionIsRefusedWithWhatToDo) {
  write(path_, index_);
  runPlain(path_, "PRAGMA user_version = 99");
  EXPECT_EQ(codeOf([&] { IndexReader::open(path_); }), ErrorCode::DatabaseError);
  EXPECT_THAT(messageOf([&] { IndexReader::open(path_); }),
              ::testing::AllOf(HasSubstr("version 99"), HasSubstr("update Featurescope")));
}

TEST_F(IndexFile, WhoseViewsAreNotOursIsRefused) {
  write(path_, index_);
  runPlain(path_,
           "DROP VIEW feature_table; CREATE VIEW feature_table AS SELECT *, 'mine' FROM feature");
  EXPECT_THAT(messageOf([&] { IndexReader::open(path_); }), HasSubstr("feature_table"));
}

TEST_F(IndexFile, MayHoldWhatAPersonAdded) {
  write(path_, index_);
  runPlain(path_, "CREATE TABLE my_notes (feature, note); CREATE INDEX by_max ON feature (max)");
  readEverything(path_);
}

TEST_F(IndexFile, CutShortAnywhereIsAnErrorForAPersonAndNeverACrash) {
  write(path_, index_);
  const std::string whole = readFile(path_);
  const fs::path cut = folder_.path() / "cut.sqlite";
  for (std::size_t size = 0; size < whole.size(); size += 509) {
    writeQuickly(cut, std::string_view(whole).substr(0, size));
    const ErrorCode code = codeOf([&] { readEverything(cut); });
    EXPECT_THAT(code, ::testing::AnyOf(ErrorCode::BadFile, ErrorCode::DatabaseError)) << size;
  }
}

TEST_F(IndexFile, WithChangedBytesIsReadOrRefusedAndNeverCrashes) {
  write(path_, index_);
  const std::string whole = readFile(path_);
  const fs::path damaged = folder_.path() / "damaged.sqlite";
  RandomStream random(11);
  for (int trial = 0; trial < 400; ++trial) {
    std::string bytes = whole;
    const std::uint64_t changes = 1 + random.below(20);
    for (std::uint64_t i = 0; i < changes; ++i) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    writeQuickly(damaged, bytes);
    try {
      readEverything(damaged);
    } catch (const UserError& error) {
      EXPECT_THAT(error.code(), ::testing::AnyOf(ErrorCode::BadFile, ErrorCode::DatabaseError,
                                                 ErrorCode::OutOfRange, ErrorCode::NotFound))
          << error.what();
    }
  }
}

TEST_F(IndexFile, KeepsATokenWhoseDisplayIsEmptyAndFeaturesWithoutActivations) {
  IndexWriter writer(path_, false);
  writer.writeVocabulary(std::array<std::string, 2>{"", "a"});
  writer.appendSequence({}, {});
  writer.appendSequence(std::array{TokenId{0}}, std::array<std::string, 1>{""});
  FeatureRecord active;
  active.activeTokens = 1;
  writer.appendFeature(active, std::array{IndexWriter::TopActivation{0, 1.0F, std::nullopt}});
  FeatureRecord dead;
  dead.feature = FeatureId{1};
  writer.appendFeature(dead, {});
  writer.finish();
  const IndexReader reader = IndexReader::open(path_);
  ASSERT_EQ(reader.topActivations(FeatureId{0}, 5).size(), 1u);
  EXPECT_EQ(reader.topActivations(FeatureId{0}, 5)[0].context, "");
  EXPECT_EQ(reader.feature(FeatureId{0}).density, 1.0);
  EXPECT_TRUE(reader.topActivations(FeatureId{1}, 5).empty());
  EXPECT_TRUE(reader.feature(FeatureId{1}).dead);
  EXPECT_EQ(plainQuery(path_, "SELECT context IS NULL FROM top_activation").front(), "0");
}

TEST_F(IndexFile, WithoutAnyTokenOrFeatureStillOpens) {
  IndexWriter(path_, false).finish();
  const IndexReader reader = IndexReader::open(path_);
  EXPECT_EQ(reader.featureCount(), 0);
  EXPECT_EQ(reader.tokenCount(), 0);
  EXPECT_TRUE(reader.features().empty());
}

TEST_F(IndexFile, GivesUpAFilterThatWouldRunForEver) {
  write(path_, makeSmallIndex(3, false, 2000));
  const IndexReader reader = IndexReader::open(path_);
  const std::string endless =
      "(SELECT sum(a.max * b.max) FROM feature_table a, feature_table b, feature_table c) > "
      "feature";
  EXPECT_THAT(messageOf([&] { (void)reader.features({.where = endless}); }), HasSubstr("too long"));
}

TEST_F(IndexFile, AnInterruptedQueryEndsSoon) {
  write(path_, makeSmallIndex(3, false, 2000));
  const IndexReader reader = IndexReader::open(path_);
  std::jthread interrupter([&reader](const std::stop_token& stop) {
    while (!stop.stop_requested()) reader.interrupt();
  });
  EXPECT_THROW((void)reader.features({.where = "(SELECT sum(a.max * b.max) FROM feature_table a, "
                                               "feature_table b) > feature"}),
               Interrupted);
}

TEST(Migrations, RunTheStepsADatabaseHasNotSeen) {
  Database database = Database::inMemory();
  const std::array<Migration, 1> first{"CREATE TABLE a (x); INSERT INTO a VALUES (1);"};
  migrate(database, first);
  const std::array<Migration, 2> both{first[0],
                                      "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;"};
  migrate(database, both);
  migrate(database, both);
  EXPECT_EQ(database.integer("SELECT sum(y) FROM a"), 2);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
  EXPECT_EQ(database.integer("PRAGMA application_id"), kIndexApplicationId);
  EXPECT_EQ(codeOf([&] { migrate(database, first); }), ErrorCode::DatabaseError);
}

TEST(Migrations, ThatFailLeaveTheDatabaseAsItWas) {
  Database database = Database::inMemory();
  const std::array<Migration, 2> steps{"CREATE TABLE a (x);", "CREATE TABLE a (x);"};
  EXPECT_EQ(codeOf([&] { migrate(database, steps); }), ErrorCode::DatabaseError);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 0);
  EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_master"), 0);
}

}  // namespace
}  // namespace featurescope
