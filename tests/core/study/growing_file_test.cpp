// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/growing_file.h"

#include "core/base/files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace featurescope {
namespace {

class GrowingFileTest : public ::testing::Test {
 protected:
  void append(const std::string& text) {
    std::ofstream(path_, std::ios::binary | std::ios::app) << text;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "lines.txt";
  GrowingFile file_{path_};
};

TEST_F(GrowingFileTest, AMissingFileIsAnEmptyOne) {
  EXPECT_EQ(file_.next().text, "");
  append("a\n");
  EXPECT_EQ(file_.next().text, "a\n");
}

TEST_F(GrowingFileTest, APipeIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(file_.next().text, "");
}

TEST_F(GrowingFileTest, OnlyWholeLinesAreHandedOutAndEachOnce) {
  append("one\ntwo");
  EXPECT_EQ(file_.next().text, "one\n");
  EXPECT_EQ(file_.next().text, "");
  append("!\nthree\n");
  const GrowingFile::Lines lines = file_.next();
  EXPECT_EQ(lines.text, "two!\nthree\n");
  EXPECT_FALSE(lines.startsOver);
}

TEST_F(GrowingFileTest, AFileThatWasCutIsReadFromItsStart) {
  append("one\ntwo\nthree\n");
  (void)file_.next();
  std::filesystem::resize_file(path_, 4);
  const GrowingFile::Lines lines = file_.next();
  EXPECT_TRUE(lines.startsOver);
  EXPECT_EQ(lines.text, "one\n");
}

TEST_F(GrowingFileTest, AnotherFileOfTheSameLengthIsReadFromItsStart) {
  append("one\ntwo\n");
  (void)file_.next();
  writeFile(path_, "six\nten\n");
  const GrowingFile::Lines lines = file_.next();
  EXPECT_TRUE(lines.startsOver);
  EXPECT_EQ(lines.text, "six\nten\n");
}

TEST_F(GrowingFileTest, EmptyLinesAreLines) {
  append("\n\n");
  EXPECT_EQ(file_.next().text, "\n\n");
  append("\n");
  EXPECT_EQ(file_.next().text, "\n");
}

}  // namespace
}  // namespace featurescope
