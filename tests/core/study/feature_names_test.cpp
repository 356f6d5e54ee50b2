// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/feature_names.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/study/notes.h"
#include "core/study/study.h"
#include "tests/core/store/small_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FeatureNamesOfAnIndex : public ::testing::Test {
 protected:
  FeatureNamesOfAnIndex() {
    content_.provenance["sae_hash"] = kHash;
    testing::write(index(), content_);
  }

  [[nodiscard]] const fs::path& folder() const { return folder_.path(); }
  [[nodiscard]] fs::path index() const { return folder() / "index.sqlite"; }

  static constexpr auto kHash = "sha256:sae";
  testing::SmallIndex content_ = testing::makeSmallIndex(5, false);

 private:
  TemporaryFolder folder_;
};

TEST_F(FeatureNamesOfAnIndex, AreTheTokensOnWhichTheyFireMost) {
  const FeatureNames names = readFeatureNames(index(), kHash);
  ASSERT_EQ(names.topTokens.size(), content_.features.size());
  for (std::size_t f = 0; f < content_.features.size(); ++f) {
    EXPECT_EQ(names.topTokens[f], content_.features[f].record.topToken) << f;
  }
  EXPECT_THAT(names.labels, ::testing::Each(""));
  EXPECT_EQ(names.labels.size(), names.topTokens.size());
}

TEST_F(FeatureNamesOfAnIndex, AreLabelledByTheNotesBesideIt) {
  changeNotes(notesFile(index(), std::nullopt, folder()), kHash,
              {{FeatureId{1}, {.label = "kings"}}});
  EXPECT_EQ(readFeatureNames(index(), kHash).labels[1], "kings");
}

TEST_F(FeatureNamesOfAnIndex, AreLabelledByTheNotesOfItsStudy) {
  writeFile(folder() / "study.json", R"({"name": "chess"})");
  const Study study = Study::open(folder());
  changeNotes(notesFile(index(), study, folder()), kHash, {{FeatureId{2}, {.label = "queens"}}});
  EXPECT_EQ(readFeatureNames(index(), kHash).labels[2], "queens");
}

TEST_F(FeatureNamesOfAnIndex, HeedNoNoteOnAnotherSaeOrBeyondTheLastFeature) {
  const fs::path file = notesFile(index(), std::nullopt, folder());
  const auto beyond = static_cast<std::int32_t>(content_.features.size());
  changeNotes(file, kHash, {{FeatureId{beyond}, {.label = "nothing"}}});
  changeNotes(file, "sha256:other", {{FeatureId{0}, {.label = "elsewhere"}}});
  EXPECT_THAT(readFeatureNames(index(), kHash).labels, ::testing::Each(""));
}

TEST_F(FeatureNamesOfAnIndex, OfAnotherSaeAreRefused) {
  try {
    (void)readFeatureNames(index(), "sha256:other");
    FAIL() << "no UserError was thrown";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadFile);
    EXPECT_THAT(error.what(), HasSubstr("another SAE"));
    EXPECT_THAT(error.what(), HasSubstr(index().string()));
  }
}

}  // namespace
}  // namespace featurescope
