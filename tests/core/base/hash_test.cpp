// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"

#include "core/base/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace featurescope {
namespace {

// FIPS 180-4's example "abc" and its empty message.
constexpr auto kAbc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto kEmpty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256, EqualsThePublishedExamples) {
  Sha256 abc;
  abc.add("a");
  abc.add("bc");
  EXPECT_EQ(abc.finish(), kAbc);
  EXPECT_EQ(Sha256().finish(), kEmpty);
}

TEST(HashContents, OfAFileIsItsSha256) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "a", "abc");
  EXPECT_EQ(hashContents(folder.path() / "a"), kAbc);
}

TEST(HashContents, OfAFolderDependsOnContentsAndNamesButNotOnItsPlace) {
  const TemporaryFolder folder;
  for (const char* place : {"one", "two/deeper"}) {
    writeFile(folder.path() / place / "x", "1");
    writeFile(folder.path() / place / "sub" / "y", "2");
  }
  const std::string hash = hashContents(folder.path() / "one");
  EXPECT_EQ(hashContents(folder.path() / "two" / "deeper"), hash);
  writeFile(folder.path() / "one" / ".hidden", "ignored");
  EXPECT_EQ(hashContents(folder.path() / "one"), hash);
  writeFile(folder.path() / "one" / "sub" / "y", "3");
  EXPECT_NE(hashContents(folder.path() / "one"), hash);
  std::filesystem::rename(folder.path() / "two/deeper/x", folder.path() / "two/deeper/z");
  EXPECT_NE(hashContents(folder.path() / "two" / "deeper"), hash);
}

}  // namespace
}  // namespace featurescope
