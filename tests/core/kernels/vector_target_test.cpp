// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/vector_target.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

namespace featurescope {
namespace {

FEATURESCOPE_INLINE void addTo(float* sums, const float* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += values[i];
}

TEST(VectorTarget, IsTheOneAskedForWhereTheMachineHasIt) {
  const char* const asked = std::getenv("FEATURESCOPE_VECTORS");
  if (asked == nullptr) {
    GTEST_SKIP() << "no target is asked for; this machine's is " << nameOf(vectorTarget());
  }
#if defined(__x86_64__)
  if (asked == std::string_view("avx2") && !__builtin_cpu_supports("avx2")) {
    GTEST_SKIP() << "this machine has no AVX2";
  }
#endif
  EXPECT_EQ(nameOf(vectorTarget()), asked);
}

TEST(VectorTarget, RunsTheBodyOnItsArguments) {
  std::vector<float> sums(37), values(37), expected(37);
  std::iota(values.begin(), values.end(), 1.0F);
  for (int round = 0; round < 2; ++round) {
    onTarget<addTo>(sums.data(), values.data(), std::int64_t{37});
    detail::ForEachTarget<addTo>::portable(expected.data(), values.data(), 37);
  }
  EXPECT_EQ(sums, expected);
}

}  // namespace
}  // namespace featurescope
