// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/upgrade_index.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "tests/core/store/small_index.h"
#include "tests/core/store/version_1.h"

#include <gtest/gtest.h>

namespace featurescope {
namespace {

TEST(UpgradeIndex, KeepsWhatAnEarlierVersionHolds) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "index.sqlite";
  testing::writeVersion1(path, testing::SmallIndex());
  const IndexReader before = IndexReader::open(path);

  const IndexUpgrade upgrade = upgradeIndex(path);
  EXPECT_EQ(upgrade.from, 1);
  EXPECT_EQ(upgrade.to, 2);
  const IndexReader after = IndexReader::open(path);
  ASSERT_EQ(after.featureCount(), before.featureCount());
  EXPECT_EQ(after.tokenCount(), before.tokenCount());
  EXPECT_EQ(after.provenance(), before.provenance());
  for (std::int32_t f = 0; f < after.featureCount(); ++f) {
    EXPECT_EQ(after.feature(FeatureId{f}).max, before.feature(FeatureId{f}).max);
    const auto top = after.topActivations(FeatureId{f}, 100);
    const auto old = before.topActivations(FeatureId{f}, 100);
    ASSERT_EQ(top.size(), old.size());
    for (std::size_t i = 0; i < top.size(); ++i) {
      EXPECT_EQ(top[i].position, old[i].position);
      EXPECT_EQ(top[i].context, old[i].context);
    }
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);

  const std::string bytes = readFile(path);
  EXPECT_EQ(upgradeIndex(path).from, 2);
  EXPECT_EQ(readFile(path), bytes);
}

TEST(UpgradeIndex, LeavesWhatIsNoIndexAlone) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "mine.sqlite";
  writeFile(path, "years of work");
  EXPECT_THROW(upgradeIndex(path), UserError);
  EXPECT_EQ(readFile(path), "years of work");
  EXPECT_THROW(upgradeIndex(folder.path() / "nothing"), UserError);
}

}  // namespace
}  // namespace featurescope
