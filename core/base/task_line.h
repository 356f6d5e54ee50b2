// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace featurescope {

/// Runs tasks one after another on a thread of its own, in the order in which they were added.
/// After one has thrown, none runs any more. Used by one thread; what the tasks use must outlive
/// it.
class TaskLine {
 public:
  /// At most `mostWaiting` (≥ 1) tasks wait for their turn.
  explicit TaskLine(std::size_t mostWaiting);
  /// Waits for the task at work; those after it are dropped.
  ~TaskLine() = default;

  /// Waits while there is no room. Throws what a task has thrown.
  void add(std::function<void()> task);
  /// Waits for all tasks. Throws what one has thrown.
  void finish();

 private:
  void run(const std::stop_token& stop);
  void throwFailure() const;

  std::size_t mostWaiting_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any added_, done_;
  std::deque<std::function<void()>> tasks_;  ///< the first is at work
  std::exception_ptr failure_;
  std::jthread thread_;  ///< last: ends before what it uses
};

}  // namespace featurescope
