// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/demo.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

/// A bundle of our own in place of the program's.
class Demo : public ::testing::Test {
 protected:
  Demo() {
    ::setenv("FEATURESCOPE_RESOURCES", resources_.c_str(), 1);
    fs::create_directory(resources_);
  }
  ~Demo() override { ::unsetenv("FEATURESCOPE_RESOURCES"); }

  void bundle() {
    Study study = Study::create(resources_ / "demo", "Demo", false);
    study.models = {{"demo", resources_ / "demo/model"}};
    study.save();
    writeFile(resources_ / "demo/model/config.json", "{}");
    fs::permissions(resources_ / "demo/model/config.json", fs::perms::owner_read);
  }

  ErrorCode codeOfMaking(const fs::path& path, bool force) {
    try {
      makeDemoStudy(path, force);
    } catch (const UserError& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  }

  TemporaryFolder folder_;
  fs::path resources_ = folder_.path() / "resources", out_ = folder_.path() / "out";
};

TEST_F(Demo, IsAStudyOfItsOwn) {
  bundle();
  const Study study = makeDemoStudy(out_, false);
  EXPECT_EQ(study.folder, fs::canonical(out_));
  EXPECT_EQ(study.models[0].path, fs::canonical(out_) / "model");
  EXPECT_EQ(readFile(out_ / "model/config.json"), "{}");
  writeFile(out_ / "model/config.json", "mine");
  EXPECT_EQ(readFile(resources_ / "demo/model/config.json"), "{}");
}

TEST_F(Demo, ReplacesOnlyAStudyAndOnlyWithForce) {
  bundle();
  makeDemoStudy(out_, false);
  EXPECT_EQ(codeOfMaking(out_, false), ErrorCode::OutputExists);
  writeFile(out_ / "old.txt", "old");
  makeDemoStudy(out_, true);
  EXPECT_FALSE(fs::exists(out_ / "old.txt"));
  const fs::path precious = folder_.path() / "precious";
  writeFile(precious / "thesis.tex", "years");
  EXPECT_EQ(codeOfMaking(precious, true), ErrorCode::OutputExists);
  EXPECT_EQ(readFile(precious / "thesis.tex"), "years");
}

TEST_F(Demo, SaysWhereItLookedWhenNothingIsBundled) {
  EXPECT_EQ(codeOfMaking(out_, false), ErrorCode::NotFound);
  fs::remove(resources_);
  EXPECT_EQ(codeOfMaking(out_, false), ErrorCode::NotFound);
  EXPECT_FALSE(fs::exists(out_));
}

TEST(ResourceFolder, IsFoundFromTheProgramInABuildFolder) {
  ::unsetenv("FEATURESCOPE_RESOURCES");
  EXPECT_EQ(resourceFolder().filename(), "resources");
}

}  // namespace
}  // namespace featurescope
