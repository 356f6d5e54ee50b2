// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/train/ordered_rows_torch.h"
#include "core/train/shuffle_buffer_size.h"
#include "core/train/shuffle_buffer_torch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace featurescope {
namespace {

/// A stream of rows 0, 1, 2, …, `step` at a time.
class Counter {
 public:
  explicit Counter(std::int64_t step, std::int64_t first = 0) : step_(step), next_(first) {}
  at::Tensor operator()(const JobContext& job) {
    job.throwIfStopped();
    next_ += step_;
    return at::arange(next_ - step_, next_, at::kFloat).unsqueeze(1);
  }
  [[nodiscard]] std::int64_t read() const { return next_; }

 private:
  std::int64_t step_, next_;
};

at::Tensor noRows() { return at::empty({0, 1}, at::kFloat); }

std::vector<std::int64_t> numbersOf(const at::Tensor& rows) {
  std::vector<std::int64_t> result;
  for (std::int64_t r = 0; r < rows.size(0); ++r) result.push_back(rows[r][0].item<std::int64_t>());
  return result;
}

std::vector<std::int64_t> drawn(RowBuffer& buffer, std::int64_t count, std::int64_t times) {
  SilentProgress silent;
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < times; ++i) {
    const auto batch = numbersOf(buffer.take(count, {.stop = {}, .progress = silent}));
    result.insert(result.end(), batch.begin(), batch.end());
  }
  return result;
}

/// What a resumed run would read back from the disk.
SavedState throughAFile(const SavedState& state) {
  const TemporaryFolder folder;
  writeState(folder.path(), state);
  return readState(folder.path());
}

TEST(ShuffleBuffer, DrawsEveryRowOnceAndReadsNoMoreThanItNeeds) {
  for (const std::int64_t capacity : {10, 20, 64, 1000}) {
    Counter counter(7);
    ShuffleBuffer buffer(std::ref(counter), capacity, 100, RandomStream(1), noRows());
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
  ShuffleBuffer buffer(std::ref(counter), 1000, 10000, RandomStream(1), noRows());
  const std::vector<std::int64_t> first = drawn(buffer, 100, 1);
  const auto [low, high] = std::minmax_element(first.begin(), first.end());
  EXPECT_GT(*high - *low, 800);
}

TEST(ShuffleBuffer, TakesInNewRowsWhenHalfOfItIsDrawn) {
  Counter counter(10);
  ShuffleBuffer buffer(std::ref(counter), 100, 10000, RandomStream(1), noRows());
  const std::vector<std::int64_t> beforeHalf = drawn(buffer, 10, 5);
  EXPECT_LT(*std::max_element(beforeHalf.begin(), beforeHalf.end()), 100);
  const std::vector<std::int64_t> afterwards = drawn(buffer, 10, 5);
  EXPECT_LT(*std::max_element(afterwards.begin(), afterwards.end()), 150);
  const auto isNew = [](std::int64_t row) { return row >= 100; };
  const auto fresh = std::count_if(afterwards.begin(), afterwards.end(), isNew);
  EXPECT_GT(fresh, 15);  // half of 50, in expectation
  EXPECT_LT(fresh, 35);
}

TEST(ShuffleBuffer, DrawsEveryRowOfTheBufferEquallyOften) {
  constexpr int kRounds = 2000, kRows = 20;
  std::vector<int> count(kRows);
  RandomStream random(3);
  for (int round = 0; round < kRounds; ++round) {
    ShuffleBuffer buffer(Counter(kRows), kRows, kRows, random, noRows());
    for (const std::int64_t row : drawn(buffer, 4, 2)) ++count[static_cast<std::size_t>(row)];
    random = buffer.save().randomStream("random");
  }
  const double expected = kRounds * 8.0 / kRows;
  for (const int n : count) EXPECT_NEAR(n, expected, 5 * std::sqrt(expected));
}

TEST(ShuffleBuffer, RepeatsItselfFromTheSameSeedHoweverTheStreamIsCut) {
  const auto run = [](std::uint64_t seed, std::int64_t cut) {
    ShuffleBuffer buffer(Counter(cut), 30, 100, RandomStream(seed), noRows());
    return drawn(buffer, 10, 10);
  };
  for (const std::int64_t cut : {1, 8, 30, 100}) EXPECT_EQ(run(1, 7), run(1, cut)) << cut;
  EXPECT_NE(run(1, 7), run(2, 7));
}

TEST(ShuffleBuffer, GoesOnFromEveryStepAsIfNothingHadHappened) {
  constexpr std::int64_t kSteps = 24, kWanted = 5 * kSteps;
  for (const std::int64_t capacity : {5, 31, 64, 1000}) {
    const auto open = [&](Counter& counter) {
      return ShuffleBuffer(std::ref(counter), capacity, kWanted, RandomStream(1), noRows());
    };
    Counter counter(7);
    ShuffleBuffer buffer = open(counter);
    std::vector<SavedState> states;
    std::vector<std::int64_t> read, rows;
    for (std::int64_t step = 0; step < kSteps; ++step) {
      states.push_back(throughAFile(buffer.save()));
      read.push_back(counter.read());
      const auto batch = drawn(buffer, 5, 1);
      rows.insert(rows.end(), batch.begin(), batch.end());
    }
    for (std::int64_t step = 0; step < kSteps; ++step) {
      Counter further(7, read[static_cast<std::size_t>(step)]);
      ShuffleBuffer resumed = open(further);
      resumed.restore(states[static_cast<std::size_t>(step)]);
      EXPECT_EQ(drawn(resumed, 5, kSteps - step),
                std::vector<std::int64_t>(rows.begin() + 5 * step, rows.end()))
          << capacity << " " << step;
    }
  }
}

TEST(ShuffleBuffer, CanBeSavedWhenItWasInterrupted) {
  SilentProgress silent;
  Counter counter(7);
  std::stop_source stop;
  int left = 8;
  const auto stopping = [&](const JobContext& job) {
    if (--left == 0) stop.request_stop();
    return counter(job);
  };
  ShuffleBuffer buffer(stopping, 30, 100, RandomStream(1), noRows());
  std::vector<std::int64_t> rows;
  try {
    while (true) {
      const auto batch = numbersOf(buffer.take(10, {.stop = stop.get_token(), .progress = silent}));
      rows.insert(rows.end(), batch.begin(), batch.end());
    }
  } catch (const Interrupted&) {
    EXPECT_FALSE(rows.empty());
  }
  Counter further(7, counter.read());
  ShuffleBuffer resumed(std::ref(further), 30, 100, RandomStream(1), noRows());
  resumed.restore(buffer.save());
  const auto rest = drawn(resumed, 10, 10 - std::ssize(rows) / 10);
  rows.insert(rows.end(), rest.begin(), rest.end());
  ShuffleBuffer whole(Counter(7), 30, 100, RandomStream(1), noRows());
  EXPECT_EQ(rows, drawn(whole, 10, 10));
}

TEST(ShuffleBuffer, ShowsASampleThatChangesNothing) {
  SilentProgress silent;
  ShuffleBuffer buffer(Counter(7), 100, 1000, RandomStream(1), noRows());
  const auto sample = numbersOf(buffer.sample(10, {.stop = {}, .progress = silent}));
  EXPECT_EQ(sample, (std::vector<std::int64_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}));
  EXPECT_EQ(buffer.sample(1000, {.stop = {}, .progress = silent}).size(0), 100);
  ShuffleBuffer untouched(Counter(7), 100, 1000, RandomStream(1), noRows());
  EXPECT_EQ(drawn(buffer, 10, 50), drawn(untouched, 10, 50));
}

TEST(ShuffleBuffer, TellsHowFarItIsWhileItFills) {
  class Updates final : public ProgressSink {
   public:
    void update(const ProgressUpdate& update) override {
      EXPECT_EQ(update.stage, "filling the shuffle buffer");
      EXPECT_EQ(update.total, 50U);
      done.push_back(update.done);
    }
    void note(std::string_view /*sentence*/) override {}
    std::vector<std::uint64_t> done;
  } updates;
  ShuffleBuffer buffer(Counter(20), 50, 1000, RandomStream(1), noRows());
  for (int i = 0; i < 30; ++i) {
    static_cast<void>(buffer.take(10, {.stop = {}, .progress = updates}));
  }
  EXPECT_EQ(updates.done, (std::vector<std::uint64_t>{20, 40, 50}));
}

TEST(ShuffleBuffer, RefusesStatesThatItCannotHaveHad) {
  Counter counter(7);
  ShuffleBuffer buffer(std::ref(counter), 30, 100, RandomStream(1), noRows());
  drawn(buffer, 10, 3);
  const SavedState good = buffer.save();
  const auto expectRefused = [&](const SavedState& bad) {
    ShuffleBuffer other(std::ref(counter), 30, 100, RandomStream(1), noRows());
    try {
      other.restore(bad);
      ADD_FAILURE() << "no error";
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::BadFile) << error.what();
    }
  };
  expectRefused({});
  for (const auto& [name, tensor] : good.tensors) {
    SavedState bad = good;
    bad.tensors[name] = tensor.to(at::kDouble);
    expectRefused(bad);
    bad.tensors[name] = at::zeros({101, 1});
    if (name != "spare") expectRefused(bad);
    bad.tensors[name] = at::zeros({1, 2});
    expectRefused(bad);
    bad.tensors[name] = at::full({1, 1}, std::numeric_limits<float>::quiet_NaN());
    expectRefused(bad);
    bad.tensors.erase(name);
    expectRefused(bad);
  }
  for (const auto& [name, value] : good.values.items()) {
    for (const Json& wrong : {Json(-1), Json(1000), Json("seven"), Json(nullptr)}) {
      SavedState bad = good;
      bad.values[name] = wrong;
      expectRefused(bad);
    }
  }
}

TEST(ShuffleBuffer, HoldsWhatItIsToldOrWhatFits) {
  TrainSettings settings;
  EXPECT_EQ(shuffleBufferRows(settings, 512), 65'536);
  EXPECT_EQ(shuffleBufferRows(settings, 4096), 65'536);
  EXPECT_EQ(shuffleBufferRows(settings, 8192), 32'768);
  settings.batch = 1000;
  EXPECT_EQ(shuffleBufferRows(settings, 512), 256'000);
  settings.shuffleBuffer = 200'000;
  EXPECT_EQ(shuffleBufferRows(settings, 512), 200'000);
  settings.shuffleBuffer = 127'999;
  try {
    static_cast<void>(shuffleBufferRows(settings, 512));
    ADD_FAILURE() << "no error";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadUsage);
  }
}

TEST(OrderedRows, KeepTheStreamsOrderHoweverItIsCut) {
  std::vector<std::int64_t> expected(60);
  std::iota(expected.begin(), expected.end(), 0);
  for (const std::int64_t cut : {1, 7, 10, 25}) {
    OrderedRows rows(Counter(cut), noRows());
    EXPECT_EQ(drawn(rows, 10, 6), expected);
  }
}

TEST(OrderedRows, GoOnFromEveryStepAsIfNothingHadHappened) {
  Counter counter(7);
  OrderedRows rows(std::ref(counter), noRows());
  SilentProgress silent;
  EXPECT_EQ(numbersOf(rows.sample(17, {.stop = {}, .progress = silent})).back(), 16);
  for (std::int64_t step = 0; step < 20; ++step) {
    Counter further(7, counter.read());
    OrderedRows resumed(std::ref(further), noRows());
    resumed.restore(throughAFile(rows.save()));
    EXPECT_EQ(drawn(resumed, 3, 8).back(), 3 * step + 23);
    EXPECT_EQ(drawn(rows, 3, 1).back(), 3 * step + 2);
  }
}

}  // namespace
}  // namespace featurescope
