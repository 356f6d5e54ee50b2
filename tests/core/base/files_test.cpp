// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include "core/base/error.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

ErrorCode codeOf(const auto& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::Internal;
}

std::size_t entriesIn(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, AppearsOnlyWithCommit) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "deep" / "note.txt";
  {
    AtomicFile file(path);
    file.write("half");
    EXPECT_FALSE(fs::exists(path));
  }
  EXPECT_EQ(entriesIn(path.parent_path()), 0U) << "the temporary is removed";
  AtomicFile file(path);
  file.write("who");
  file.write("le");
  file.commit();
  EXPECT_EQ(readFile(path), "whole");
  EXPECT_EQ(entriesIn(path.parent_path()), 1U);
}

TEST(AtomicFile, ReplacesWhatIsThereInOneStep) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "a", "old");
  const MappedFile before(folder.path() / "a");
  writeFile(folder.path() / "a", "new");
  EXPECT_EQ(before.text(), "old") << "who has it open keeps the old contents";
  EXPECT_EQ(readFile(folder.path() / "a"), "new");
}

TEST(AtomicFile, AFolderThatCannotBeMadeIsCannotWrite) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "file", "x");
  EXPECT_EQ(codeOf([&] { AtomicFile(folder.path() / "file" / "below"); }), ErrorCode::CannotWrite);
}

/// No file of this process can grow beyond `bytes` while it lives: stands for a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    previousHandler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    rlimit limit = previous_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    std::signal(SIGXFSZ, previousHandler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit previous_{};
  void (*previousHandler_)(int) = nullptr;
};

TEST(AtomicFile, AWriteThatFailsLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "a", "old");
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(codeOf([&] { writeFile(folder.path() / "a", std::string(5000, 'x')); }),
              ErrorCode::CannotWrite);
  }
  EXPECT_EQ(readFile(folder.path() / "a"), "old");
  EXPECT_EQ(entriesIn(folder.path()), 1U);
}

TEST(MappedFile, MissingIsNotFoundAFolderIsBadAndEmptyIsEmpty) {
  const TemporaryFolder folder;
  EXPECT_EQ(codeOf([&] { MappedFile(folder.path() / "none"); }), ErrorCode::NotFound);
  EXPECT_EQ(codeOf([&] { MappedFile mapped(folder.path()); }), ErrorCode::BadFile);
  writeFile(folder.path() / "empty", "");
  EXPECT_TRUE(MappedFile(folder.path() / "empty").bytes().empty());
}

TEST(MappedFile, APipeIsRefusedAndNotWaitedFor) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THROW(MappedFile{pipe}, UserError);
}

TEST(MappedFile, TheOwnerKeepsTheBytesAlive) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "a", "bytes");
  std::shared_ptr<const void> owner;
  std::string_view text;
  {
    const MappedFile mapped(folder.path() / "a");
    owner = mapped.owner();
    text = mapped.text();
  }
  EXPECT_EQ(text, "bytes");
}

TEST(ReadFile, ReadsToWhereTheFileEndsAndRefusesWhatIsNone) {
  const TemporaryFolder folder;
  std::string text(3'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2654435761U >> 13);
  writeFile(folder.path() / "long", text);
  EXPECT_EQ(readFile(folder.path() / "long"), text);
  writeFile(folder.path() / "empty", "");
  EXPECT_EQ(readFile(folder.path() / "empty"), "");
  EXPECT_EQ(codeOf([&] { (void)readFile(folder.path() / "none"); }), ErrorCode::NotFound);
  EXPECT_EQ(codeOf([&] { (void)readFile(folder.path()); }), ErrorCode::BadFile);
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(codeOf([&] { (void)readFile(pipe); }), ErrorCode::BadFile);
}

TEST(CheckOutput, RefusesWhatExistsUnlessForced) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "a", "x");
  EXPECT_EQ(codeOf([&] { checkOutput(folder.path() / "a", false); }), ErrorCode::OutputExists);
  EXPECT_NO_THROW(checkOutput(folder.path() / "a", true));
  EXPECT_NO_THROW(checkOutput(folder.path() / "new" / "b", false));
  EXPECT_EQ(codeOf([&] { checkOutput(folder.path() / "a" / "b", false); }), ErrorCode::CannotWrite);
}

TEST(AtomicFolder, AppearsWholeOrNotAtAll) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "study/";
  {
    const AtomicFolder abandoned(path);
    writeFile(abandoned.path() / "x", "x");
  }
  EXPECT_EQ(entriesIn(folder.path()), 0U);
  AtomicFolder kept(path);
  writeFile(kept.path() / "x", "x");
  kept.commit();
  EXPECT_EQ(readFile(folder.path() / "study" / "x"), "x");
  EXPECT_EQ(entriesIn(folder.path()), 1U);
}

TEST(AtomicFolder, ReplacesWhatWasThereAndAllThatItHeld) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "run";
  writeFile(path / "old", "old");
  AtomicFolder made(path);
  writeFile(made.path() / "new", "new");
  EXPECT_EQ(readFile(path / "old"), "old");
  made.commit();
  EXPECT_EQ(readFile(path / "new"), "new");
  EXPECT_EQ(entriesIn(path), 1U);
  EXPECT_EQ(entriesIn(folder.path()), 1U);
}

TEST(AtomicFolder, ClearsAwayWhatKilledProcessesLeftBesideItAndNothingElse) {
  const TemporaryFolder folder;
  constexpr int kNobody = (1 << 22) + 1;  // beyond the largest number that Linux gives a process
  const auto partial = [&](const std::string& name, int process) {
    return folder.path() / ("." + name + "." + std::to_string(process) + ".partial");
  };
  const fs::path left = partial("run-1", kNobody), running = partial("run-2", 1),
                 elsewhere = partial("run-3", kNobody), file = partial("notes.json", kNobody);
  for (const fs::path& path : {left, running, elsewhere}) writeFile(path / "run.json", "{}");
  writeFile(file, "{}");
  // A process of another container has a number of its own, but the lock is seen here.
  const int lock = ::open(elsewhere.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  AtomicFolder(folder.path() / "run-4").commit();
  ::close(lock);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(running / "run.json"));
  EXPECT_TRUE(fs::exists(elsewhere / "run.json"));
  EXPECT_TRUE(fs::exists(file)) << "of an index, the message tells that it was left behind";
  EXPECT_TRUE(fs::exists(folder.path() / "run-4"));
}

TEST(AtomicFolder, IsLockedWhileItIsMade) {
  const TemporaryFolder folder;
  const AtomicFolder made(folder.path() / "run");
  const int another = ::open(made.path().c_str(), O_RDONLY | O_DIRECTORY);
  EXPECT_NE(::flock(another, LOCK_EX | LOCK_NB), 0);
  ::close(another);
}

}  // namespace
}  // namespace featurescope
