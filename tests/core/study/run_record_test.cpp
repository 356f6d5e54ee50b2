// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_record.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

namespace featurescope {
namespace {

using ::testing::ElementsAre;

class RunRecordTest : public ::testing::Test {
 protected:
  RunRecordTest() {
    std::filesystem::create_directory(run_);
    describe("running");
    writeFile(run_ / "metrics.csv", "step,tokens,loss\r\n");
  }

  void describe(const std::string& state) {
    writeJson(run_ / "run.json", {{"kind", "train"}, {"state", state}, {"m", 512}});
  }
  void append(const char* file, const std::string& text) {
    std::ofstream(run_ / file, std::ios::binary | std::ios::app) << text;
  }

  TemporaryFolder folder_;
  std::filesystem::path run_ = folder_.path() / "run-7";
  RunFollower follower_{run_};
};

TEST_F(RunRecordTest, SaysWhatTheFolderSays) {
  EXPECT_TRUE(follower_.refresh());
  const auto record = follower_.record();
  EXPECT_EQ(record->name(), "run-7");
  EXPECT_EQ(record->kind(), "train");
  EXPECT_EQ(record->state(), "running");
  EXPECT_EQ(record->rows(), 0U);
  EXPECT_THAT(record->metrics.columns, ElementsAre("step", "tokens", "loss"));
  EXPECT_EQ(record->column("l0"), nullptr);
}

TEST_F(RunRecordTest, FollowsARunAsItGrows) {
  (void)follower_.refresh();
  EXPECT_FALSE(follower_.refresh());
  append("metrics.csv", "0,1024,3.5\r\n10,11264,2.25\r\n20,21");
  append("events.jsonl", R"({"kind":"resampled","step":9,"sentence":"gave 3 features new weights"})"
                         "\n");
  EXPECT_TRUE(follower_.refresh());
  const auto early = follower_.record();
  EXPECT_THAT(*early->column("loss"), ElementsAre(3.5, 2.25));
  ASSERT_EQ(early->events.size(), 1U);
  EXPECT_EQ(early->events[0].step, 9);
  EXPECT_EQ(early->events[0].kind, "resampled");

  append("metrics.csv", "504,nonsense\r\n");
  describe("finished");
  EXPECT_TRUE(follower_.refresh());
  const auto late = follower_.record();
  EXPECT_THAT(*late->column("tokens"), ElementsAre(1024, 11264, 21504));
  EXPECT_TRUE(std::isnan(late->column("loss")->back()));
  EXPECT_EQ(late->state(), "finished");
  // What was handed out stays as it was.
  EXPECT_EQ(early->rows(), 2U);
}

TEST_F(RunRecordTest, ForgetsTheRowsThatAResumedRunTakesBack) {
  append("metrics.csv", "0,1024,3.5\r\n10,11264,2.25\r\n20,21504,2\r\n");
  (void)follower_.refresh();
  writeFile(run_ / "metrics.csv", "step,tokens,loss\r\n0,1024,3.5\r\n");
  EXPECT_TRUE(follower_.refresh());
  EXPECT_THAT(*follower_.record()->column("step"), ElementsAre(0));
}

TEST_F(RunRecordTest, ADamagedFileIsAnErrorAndLaterAFreshStart) {
  append("metrics.csv", "0,1024,3.5\r\n10,11264\r\n");
  EXPECT_THROW((void)follower_.refresh(), UserError);
  writeFile(run_ / "metrics.csv", "step,tokens,loss\r\n0,1024,3.5\r\n");
  EXPECT_TRUE(follower_.refresh());
  EXPECT_EQ(follower_.record()->rows(), 1U);
}

TEST_F(RunRecordTest, AFolderThatIsNoRunIsAnError) {
  RunFollower nothing(folder_.path());
  EXPECT_THROW((void)nothing.refresh(), UserError);
}

TEST_F(RunRecordTest, HeldOutFiguresAreATableOfTheirOwn) {
  (void)follower_.refresh();
  EXPECT_EQ(follower_.record()->heldOut.rows(), 0U);
  append("held_out.csv", "step,tokens,loss_sae\r\n100,1024,3.5\r\n");
  EXPECT_TRUE(follower_.refresh());
  EXPECT_THAT(*follower_.record()->heldOut.column("loss_sae"), ElementsAre(3.5));
  EXPECT_EQ(follower_.record()->rows(), 0U);
}

}  // namespace
}  // namespace featurescope
