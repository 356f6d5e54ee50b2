// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/partial_name.h"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

namespace featurescope {
namespace {

TEST(PartialName, TellsWhatItsWriterPutIntoIt) {
  const std::filesystem::path path = partialBeside("/runs/run.1");
  EXPECT_EQ(path.parent_path(), "/runs");
  const std::string name = path.filename();
  EXPECT_TRUE(name.starts_with('.'));
  const auto partial = readPartialName(name);
  ASSERT_TRUE(partial.has_value());
  EXPECT_EQ(partial->of, "run.1");
  EXPECT_EQ(partial->process, ::getpid());
}

TEST(PartialName, IsAlsoOfWhatSqlitePutsBesideADatabase) {
  const auto partial = readPartialName(".index.sqlite.77.partial-wal");
  ASSERT_TRUE(partial.has_value());
  EXPECT_EQ(partial->of, "index.sqlite");
  EXPECT_EQ(partial->process, 77);
}

TEST(PartialName, IsNoOtherHiddenName) {
  for (const char* name :
       {"", ".", ".partial", "..partial", ".77.partial", "run.77.partial", ".run.77.partially",
        ".run.partial", ".run..partial", ".run.x.partial", ".run.7x.partial", ".run.-7.partial",
        ".run.0.partial", ".run.99999999999999999999.partial", ".step-00000018.partial"}) {
    EXPECT_FALSE(readPartialName(name).has_value()) << name;
  }
}

TEST(PartialName, KnowsWhoseWriterRuns) {
  EXPECT_TRUE(isRunning(::getpid()));
  EXPECT_TRUE(isRunning(1)) << "of another user, perhaps, but running";
  EXPECT_FALSE(isRunning((1 << 22) + 1)) << "beyond the largest number that Linux gives";
}

}  // namespace
}  // namespace featurescope
