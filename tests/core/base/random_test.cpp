// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace featurescope {
namespace {

TEST(RandomStream, EqualsTheReferenceImplementationOfXoshiro256StarStar) {
  // Blackman and Vigna's generator from the state {1, 2, 3, 4}.
  RandomStream stream(RandomStream::State{1, 2, 3, 4});
  for (const std::uint64_t expected : {11520ULL, 0ULL, 1509978240ULL, 1215971899390074240ULL}) {
    EXPECT_EQ(stream.next(), expected);
  }
}

TEST(RandomStream, ContinuesFromASavedState) {
  RandomStream stream(7, "shuffle");
  for (int i = 0; i < 10; ++i) (void)stream.next();
  RandomStream continued(stream.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(continued.next(), stream.next());
}

TEST(RandomStream, SeedsAndPurposesGiveDifferentStreams) {
  EXPECT_EQ(RandomStream(1, "a").next(), RandomStream(1, "a").next());
  EXPECT_NE(RandomStream(1, "a").next(), RandomStream(1, "b").next());
  EXPECT_NE(RandomStream(1, "a").next(), RandomStream(2, "a").next());
  EXPECT_NE(RandomStream(0).next(), 0U);
}

TEST(RandomStream, BelowIsUniform) {
  RandomStream stream(3);
  std::array<int, 7> counts{};
  constexpr int kDraws = 70000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(stream.below(7));
  // Each count is binomial: mean 10000, standard deviation 93; six of them never happen by chance.
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 7, 6 * 93);
}

TEST(RandomStream, NormalHasTheMomentsOfAStandardNormal) {
  RandomStream stream(4);
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.normal();
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 6 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 6 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourth / kDraws, 3, 6 * std::sqrt(96.0 / kDraws));
}

}  // namespace
}  // namespace featurescope
