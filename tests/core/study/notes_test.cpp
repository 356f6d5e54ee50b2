// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/notes.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace featurescope {
namespace {

class Notes : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "notes.json";
};

TEST_F(Notes, AreEmptyWithoutAFile) { EXPECT_TRUE(readNotes(file_, "sha256:a").empty()); }

TEST_F(Notes, ComeBackAsTheyWereWritten) {
  changeNotes(file_, "sha256:a", {{FeatureId{7}, {.label = "a king", .notes = "line\n\"two\" é"}}});
  changeNotes(file_, "sha256:a", {{FeatureId{7}, {.bookmarked = true}}});
  const FeatureNotes notes = readNotes(file_, "sha256:a");
  EXPECT_EQ(notes.at(FeatureId{7}), (FeatureNote{"a king", "line\n\"two\" é", true}));
  EXPECT_TRUE(readNotes(file_, "sha256:b").empty());
}

TEST_F(Notes, AreWrittenLineByLineInOneOrderWhateverCameFirst) {
  changeNotes(file_, "sha256:b", {{FeatureId{2}, {.label = "two"}}});
  changeNotes(file_, "sha256:a", {{FeatureId{1}, {.label = "one", .bookmarked = true}}});
  EXPECT_EQ(readFile(file_), R"({
  "saes": {
    "sha256:a": {
      "1": {
        "bookmark": true,
        "label": "one"
      }
    },
    "sha256:b": {
      "2": {
        "label": "two"
      }
    }
  },
  "version": 1
}
)");
}

TEST_F(Notes, AChangeLeavesWhatItDoesNotName) {
  writeFile(file_, R"({"version": 1, "by": "hand", "saes": {"x": {"3": {"label": "old",
    "colour": "red"}}, "y": {"4": {"notes": "kept"}}}})");
  changeNotes(file_, "x", {{FeatureId{3}, {.label = ""}}});
  const std::string text = readFile(file_);
  EXPECT_NE(text.find("\"by\": \"hand\""), std::string::npos);
  EXPECT_NE(text.find("\"colour\": \"red\""), std::string::npos);
  EXPECT_EQ(readNotes(file_, "y").at(FeatureId{4}).notes, "kept");
  EXPECT_TRUE(readNotes(file_, "x").empty());
}

TEST_F(Notes, OfTwoWindowsBothStay) {
  std::vector<std::jthread> windows;
  for (int window = 0; window < 2; ++window) {
    windows.emplace_back([this, window] {
      for (int i = 0; i < 20; ++i) {
        changeNotes(file_, "x", {{FeatureId{2 * i + window}, {.label = std::to_string(i)}}});
      }
    });
  }
  windows.clear();
  EXPECT_EQ(readNotes(file_, "x").size(), 40U);
}

TEST_F(Notes, InAFileThatCannotBeUnderstoodAreNotOverwritten) {
  for (const char* text :
       {"not JSON", "[]", R"({"saes": {"x": {"seven": {}}}})", R"({"version": 2, "saes": {}})",
        R"({"saes": {"x": {"7": {"label": 3}}}})"}) {
    writeFile(file_, text);
    EXPECT_THROW(changeNotes(file_, "x", {{FeatureId{7}, {.label = "new"}}}), UserError) << text;
    EXPECT_EQ(readFile(file_), text);
  }
}

TEST_F(Notes, LieInTheStudyElseBesideTheIndex) {
  const auto index = folder_.path() / "index.sqlite";
  EXPECT_EQ(notesFile(index, std::nullopt, "/home/notes"),
            folder_.path() / "index.sqlite.notes.json");
  const Study study = Study::create(folder_.path() / "study", "s", false);
  EXPECT_EQ(notesFile(index, study, "/home/notes"), study.folder / "notes.json");
  EXPECT_EQ(notesFile("/nowhere/index.sqlite", std::nullopt, "/home/notes"),
            std::filesystem::path("/home/notes/notes.json"));
}

}  // namespace
}  // namespace featurescope
