// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/cut_short.h"

#include "core/base/files.h"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

TEST(CutShort, AMappedFileEndsTheProcessWithASentence) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "weights", std::string(100'000, 'w'));
  EXPECT_EXIT(
      {
        endWhereMappedBytesAreGone();
        const MappedFile mapped(folder.path() / "weights");
        fs::resize_file(folder.path() / "weights", 10);
        ::_exit(mapped.text().back() == 'w' ? 0 : 2);
      },
      ::testing::ExitedWithCode(1), "error: cannot read a file: another program cut it short");
}

}  // namespace
}  // namespace featurescope
