// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/interrupted_runs.h"

#include "core/base/files.h"
#include "core/base/json.h"

#include <gtest/gtest.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

fs::path makeRun(const fs::path& folder, const std::string& name, const std::string& state) {
  fs::create_directories(folder / name);
  writeJson(folder / name / "run.json", {{"kind", "train"}, {"state", state}});
  writeFile(folder / name / "log.txt", "");
  return folder / name;
}

TEST(InterruptedRuns, AreThoseThatEndedEarlyWithWhatTheyKept) {
  const TemporaryFolder folder;
  const auto finished = makeRun(folder.path(), "a", "finished");
  const auto interrupted = makeRun(folder.path(), "b", "interrupted");
  // Its process is gone: nobody holds its log.
  const auto killed = makeRun(folder.path(), "c", "running");
  const auto failed = makeRun(folder.path(), "d", "failed");
  fs::create_directories(interrupted / "checkpoints" / "step-00000120");
  fs::create_directories(interrupted / "checkpoints" / "step-00000080");
  fs::create_directories(interrupted / "checkpoints" / "step-00000200.partial");

  const auto runs = interruptedRuns(
      std::vector{finished, interrupted, killed, failed, folder.path() / "nothing"});
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].folder, interrupted);
  EXPECT_EQ(runs[0].kind, "train");
  EXPECT_EQ(runs[0].stepsKept, 120);
  EXPECT_EQ(runs[1].folder, killed);
  EXPECT_EQ(runs[1].stepsKept, 0);
  EXPECT_EQ(runs[2].folder, failed);
}

TEST(InterruptedRuns, RunFoldersAreThoseWithARunJson) {
  const TemporaryFolder folder;
  const auto second = makeRun(folder.path(), "second", "finished");
  const auto first = makeRun(folder.path(), "first", "running");
  fs::create_directory(folder.path() / "notes");
  EXPECT_EQ(runFoldersIn(folder.path()), (std::vector{first, second}));
  EXPECT_TRUE(runFoldersIn(folder.path() / "nowhere").empty());
}

}  // namespace
}  // namespace featurescope
