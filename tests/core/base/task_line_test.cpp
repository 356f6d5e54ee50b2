// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/task_line.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace featurescope {
namespace {

TEST(TaskLine, RunsTasksInTheirOrderOnAnotherThread) {
  std::vector<int> order;
  std::thread::id where;
  TaskLine line(2);
  for (int i = 0; i < 100; ++i) {
    line.add([&order, &where, i] {
      order.push_back(i);
      where = std::this_thread::get_id();
    });
  }
  line.finish();
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(TaskLine, LetsWhoAddsGoOnWhileThereIsRoom) {
  std::latch mayEnd(1);
  std::atomic<int> done = 0;
  TaskLine line(2);
  for (int i = 0; i < 3; ++i) {  // one at work, two that wait
    line.add([&] {
      mayEnd.wait();
      ++done;
    });
  }
  EXPECT_EQ(done, 0);
  mayEnd.count_down();
  line.add([&] { ++done; });  // waits for room
  EXPECT_GE(done, 1);
  line.finish();
  EXPECT_EQ(done, 4);
}

TEST(TaskLine, TakesTasksFromATaskAndFromOtherThreads) {
  std::atomic<int> done = 0;
  TaskLine line;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int task = 0; task < 50; ++task) {
          line.add([&] { line.add([&] { ++done; }); });
        }
      });
    }
  }
  line.finish();
  EXPECT_EQ(done, 200);
}

TEST(TaskLine, ThrowsWhatATaskThrewAndRunsNoneAfterIt) {
  std::atomic<int> after = 0;
  TaskLine line(4);
  std::latch mayThrow(1);
  line.add([&] {
    mayThrow.wait();
    throw std::runtime_error("full");
  });
  line.add([&] { ++after; });
  mayThrow.count_down();
  EXPECT_THROW(line.finish(), std::runtime_error);
  EXPECT_THROW(line.add([&] { ++after; }), std::runtime_error);
  EXPECT_EQ(after, 0);
}

TEST(TaskLine, EndsWithTheTaskAtWorkAndDropsTheOthers) {
  std::atomic<int> done = 0;
  std::latch began(1), mayEnd(1);
  {
    TaskLine line(4);
    line.add([&] {
      began.count_down();
      mayEnd.wait();
      ++done;
    });
    line.add([&] { done += 100; });
    began.wait();
    std::jthread later([&] { mayEnd.count_down(); });
    later.join();
  }
  // The second may have begun before the line was told to end.
  EXPECT_TRUE(done == 1 || done == 101);
}

}  // namespace
}  // namespace featurescope
