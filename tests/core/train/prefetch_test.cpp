// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace featurescope {
namespace {

TEST(Prefetch, GivesTheItemsInOrderHoweverFarAheadItIs) {
  for (const std::size_t ahead : {0, 1, 7}) {
    Prefetch<int> numbers([next = 0]() mutable { return next++; }, ahead);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(numbers.next({}), i);
  }
}

TEST(Prefetch, MakesNoMoreThanItMay) {
  std::atomic<int> made = 0;
  {
    Prefetch<int> numbers([&] { return ++made; }, 3);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(numbers.next({}), i);
  }
  // What was taken, what may wait, and one that room was made for while it waited.
  EXPECT_LE(made, 5 + 3 + 1);
  made = 0;
  {
    Prefetch<int> numbers([&] { return ++made; }, 0);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(numbers.next({}), i);
  }
  EXPECT_EQ(made, 5);
}

TEST(Prefetch, ThrowsWhatTheMakerThrewInItsPlaceAndAgain) {
  Prefetch<int> numbers(
      [next = 0]() mutable {
        if (next == 3) throw UserError(ErrorCode::BadText, "cannot count", "3 is too far");
        return next++;
      },
      2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(numbers.next({}), i);
  for (int again = 0; again < 2; ++again) {
    try {
      static_cast<void>(numbers.next({}));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const UserError& error) {
      EXPECT_STREQ(error.what(), "cannot count: 3 is too far");
    }
  }
}

TEST(Prefetch, EndsWhileTheMakerWaitsForRoom) {
  std::latch full(2);
  const Prefetch<int> numbers(
      [&] {
        full.count_down();
        return 0;
      },
      2);
  full.wait();
}

TEST(Prefetch, EndsWithoutHavingBeenAsked) {
  const Prefetch<int> numbers([] { return 0; }, 0);
}

TEST(Prefetch, StopsWaitingWhenAStopIsRequested) {
  std::latch asked(1), released(1);
  std::stop_source stop;
  Prefetch<int> numbers(
      [&, next = 0]() mutable {
        asked.count_down();
        released.wait();
        return next++;
      },
      0);
  const std::jthread stopper([&] {
    asked.wait();
    stop.request_stop();
  });
  EXPECT_THROW(static_cast<void>(numbers.next(stop.get_token())), Interrupted);
  released.count_down();
  EXPECT_EQ(numbers.next({}), 0);
}

}  // namespace
}  // namespace featurescope
