// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/shuffle_buffer_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace featurescope {
namespace {

/// A stream of rows 0, 1, 2, …, `step` at a time.
class Counter {
 public:
  explicit Counter(std::int64_t step) : step_(step) {}
  at::Tensor operator()(const JobContext& /*job*/) {
    next_ += step_;
    return at::arange(next_ - step_, next_, at::kFloat).unsqueeze(1);
  }
  [[nodiscard]] std::int64_t read() const { return next_; }

 private:
  std::int64_t step_, next_ = 0;
};

std::vector<std::int64_t> drawn(ShuffleBuffer& buffer, std::int64_t count, std::int64_t times) {
  SilentProgress silent;
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < times; ++i) {
    const at::Tensor rows = buffer.take(count, {.stop = {}, .progress = silent});
    for (std::int64_t r = 0; r < rows.size(0); ++r)
      result.push_back(rows[r][0].item<std::int64_t>());
  }
  return result;
}

TEST(ShuffleBuffer, DrawsEveryRowOnceAndReadsNoMoreThanItNeeds) {
  for (const std::int64_t capacity : {20, 64, 1000}) {
    Counter counter(7);
    ShuffleBuffer buffer(std::ref(counter), capacity, 100, RandomStream(1));
    std::vector<std::int64_t> rows = drawn(buffer, 10, 10);
    EXPECT_FALSE(std::is_sorted(rows.begin(), rows.end()));
    EXPECT_LE(counter.read(), 105);
    std::sort(rows.begin(), rows.end());
    std::vector<std::int64_t> expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(rows, expected) << capacity;
  }
}

TEST(ShuffleBuffer, MixesRowsFromFarApart) {
  Counter counter(50);
  ShuffleBuffer buffer(std::ref(counter), 1000, 10000, RandomStream(1));
  const std::vector<std::int64_t> first = drawn(buffer, 100, 1);
  const auto [low, high] = std::minmax_element(first.begin(), first.end());
  EXPECT_GT(*high - *low, 800);
}

TEST(ShuffleBuffer, RepeatsItselfFromTheSameSeed) {
  const auto run = [](std::uint64_t seed) {
    Counter counter(7);
    ShuffleBuffer buffer(std::ref(counter), 30, 100, RandomStream(seed));
    return drawn(buffer, 10, 10);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace featurescope
