// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/study.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

class StudyFolder : public ::testing::Test {
 protected:
  ErrorCode codeOfOpening(const fs::path& path) {
    try {
      Study::open(path);
    } catch (const UserError& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "my study";
};

TEST_F(StudyFolder, OpensAsItWasSaved) {
  Study study = Study::create(path_, "Chess", false);
  study.models = {{"small", path_ / "model"}, {"other", "/opt/models/other"}};
  study.texts = {{"games", path_ / "texts/games.txt"}};
  study.save();
  for (const fs::path& path : {path_, path_ / "study.json"}) {
    const Study opened = Study::open(path);
    EXPECT_EQ(opened.name, "Chess");
    ASSERT_EQ(opened.models.size(), 2u);
    EXPECT_EQ(opened.models[0].name, "small");
    EXPECT_EQ(opened.models[0].path, fs::canonical(path_) / "model");
    EXPECT_EQ(opened.models[1].path, "/opt/models/other");
    EXPECT_EQ(opened.texts[0].path, fs::canonical(path_) / "texts/games.txt");
    EXPECT_TRUE(opened.indexes.empty());
  }
}

TEST_F(StudyFolder, HasNoPartThatLeavesItByARelativePath) {
  for (const char* path : {"../secret.txt", "texts/../../secret.txt", ".."}) {
    writeFile(path_ / "study.json", Json{{"texts", {{{"path", path}}}}}.dump());
    EXPECT_EQ(codeOfOpening(path_), ErrorCode::BadFile) << path;
  }
  writeFile(path_ / "study.json", Json{{"texts", {{{"path", "texts/../a.txt"}}}}}.dump());
  EXPECT_EQ(Study::open(path_).texts[0].path, fs::canonical(path_) / "a.txt");
}

TEST_F(StudyFolder, MovesWithAllThatLiesInIt) {
  Study study = Study::create(path_, "Chess", false);
  study.indexes = {{"first", path_ / "indexes/first.sqlite"}};
  study.save();
  const fs::path moved = folder_.path() / "elsewhere";
  fs::rename(path_, moved);
  EXPECT_EQ(Study::open(moved).indexes[0].path, fs::canonical(moved) / "indexes/first.sqlite");
}

TEST_F(StudyFolder, StoresAPathReachedThroughALinkAsItsOwn) {
  Study study = Study::create(path_, "Chess", false);
  const fs::path link = folder_.path() / "link";
  fs::create_directory_symlink(path_, link);
  study.saes = {{"sae", link / "sae"}};
  study.save();
  EXPECT_EQ(readJson(path_ / "study.json")["saes"][0]["path"], "sae");
}

TEST_F(StudyFolder, KeepsWhatElseTheFolderHolds) {
  writeFile(path_ / "notes.json", "{}");
  Study::create(path_, "Chess", false);
  EXPECT_TRUE(fs::exists(path_ / "notes.json"));
  EXPECT_THROW(Study::create(path_, "Again", false), UserError);
  EXPECT_EQ(Study::create(path_, "Again", true).name, "Again");
  EXPECT_TRUE(fs::exists(path_ / "notes.json"));
}

TEST_F(StudyFolder, TwoThatAddAtOnceLoseNothing) {
  Study::create(path_, "Chess", false);
  const auto addRuns = [this](const std::string& prefix) {
    for (int i = 0; i < 30; ++i) {
      (void)addToStudy(path_, {{&Study::runs, path_ / "runs" / (prefix + std::to_string(i))}});
    }
  };
  {
    const std::jthread other([&] { addRuns("a"); });
    addRuns("b");
  }
  EXPECT_EQ(Study::open(path_).runs.size(), 60U);
  // What is there already is not added again.
  EXPECT_EQ(addToStudy(path_, {{&Study::runs, path_ / "runs" / "." / "a0"}}).runs.size(), 60U);
}

TEST_F(StudyFolder, IsRefusedWhenItIsNone) {
  EXPECT_EQ(codeOfOpening(path_), ErrorCode::NotFound);
  EXPECT_EQ(codeOfOpening(folder_.path()), ErrorCode::NotFound);
  for (const char* text :
       {"", "[]", "not json", R"({"models": 3})", R"({"models": [3]})",
        R"({"models": [{"name": "no path"}]})", R"({"name": 7})", R"({"texts": [{"path": 1}]})"}) {
    writeFile(path_ / "study.json", text);
    EXPECT_EQ(codeOfOpening(path_), ErrorCode::BadFile) << text;
  }
}

}  // namespace
}  // namespace featurescope
