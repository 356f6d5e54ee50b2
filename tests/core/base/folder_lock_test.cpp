// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/folder_lock.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace featurescope {
namespace {

TEST(FolderLock, LeavesNoFileAndEndsWithItsScope) {
  const TemporaryFolder folder;
  { const FolderLock lock(folder.path()); }
  const FolderLock again(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FolderLock, LetsOneInAtATime) {
  const TemporaryFolder folder;
  std::atomic<int> inside = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        const FolderLock lock(folder.path());
        EXPECT_EQ(++inside, 1);
        --inside;
      }
    });
  }
}

TEST(FolderLock, SaysSoWhenAnotherKeepsIt) {
  const TemporaryFolder folder;
  const FolderLock other(folder.path());
  try {
    const FolderLock lock(folder.path());
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::CannotWrite);
    EXPECT_EQ(error.why(), "another program holds it");
  }
}

TEST(FolderLock, HoldsNothingWhereThereIsNoFolder) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(FolderLock(folder.path() / "nowhere"));
}

}  // namespace
}  // namespace featurescope
