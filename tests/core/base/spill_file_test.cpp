// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/spill_file.h"

#include "core/base/error.h"
#include "core/base/files.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace featurescope {
namespace {

using Numbers = std::vector<std::int32_t>;

class Spill : public ::testing::Test {
 protected:
  void append(const Numbers& numbers) { spill_.append(std::span(numbers)); }
  [[nodiscard]] Numbers read(std::int64_t offset, std::size_t count) const {
    Numbers numbers(count);
    spill_.read(offset, std::span(numbers));
    return numbers;
  }

  TemporaryFolder folder_;
  SpillFile spill_{folder_.path()};
};

TEST_F(Spill, GivesBackAnyStretchOfWhatWasAppended) {
  append({1, 2, 3});
  append({});
  append({4, 5});
  EXPECT_EQ(spill_.size(), 20);
  EXPECT_EQ(read(0, 5), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(read(8, 2), (Numbers{3, 4}));
}

TEST_F(Spill, LeavesNothingThatHasAName) {
  append({1});
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Spill, RefusesToReadBeyondItsEnd) {
  append({1, 2});
  try {
    (void)read(4, 2);
    FAIL() << "no UserError was thrown";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadFile);
    EXPECT_EQ(error.why(), "it ends early");
  }
}

TEST(SpillFile, NeedsItsFolder) {
  const TemporaryFolder folder;
  try {
    const SpillFile spill(folder.path() / "missing");
    FAIL() << "no UserError was thrown";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::CannotWrite);
    EXPECT_NE(std::string(error.what()).find("missing"), std::string::npos);
  }
}

}  // namespace
}  // namespace featurescope
