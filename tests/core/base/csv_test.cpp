// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

#include "core/base/numbers.h"

#include <gtest/gtest.h>

#include <clocale>
#include <limits>
#include <string>
#include <vector>

namespace featurescope {
namespace {

TEST(CsvRow, QuotesAsRfc4180Says) {
  const std::vector<std::string> fields{"plain", "a,b", "say \"x\"", "two\nlines", "", " ·the"};
  EXPECT_EQ(csvRow(fields), "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",, ·the\r\n");
}

TEST(Shortest, IsTheShortestTextThatReadsBackTheSame) {
  EXPECT_EQ(shortest(0.1F), "0.1");
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(static_cast<double>(0.1F)), "0.10000000149011612");
  EXPECT_EQ(shortest(1e-30), "1e-30");
  EXPECT_EQ(shortest(-2.0), "-2");
  for (const double value : {1.0 / 3, 6.02214076e23, std::numeric_limits<double>::min()}) {
    EXPECT_EQ(std::stod(shortest(value)), value);
  }
}

}  // namespace
}  // namespace featurescope
