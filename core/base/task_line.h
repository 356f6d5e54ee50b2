// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <stop_token>
#include <thread>

namespace featurescope {

/// One thread that runs tasks in the order in which they were added: writing an index, reading one,
/// checking a form's paths. After a task has thrown, none runs any more. Any thread may add; what
/// the tasks use must outlive the line.
class TaskLine {
 public:
  /// At most `mostWaiting` (≥ 1) tasks wait for their turn. A task may add others only where there
  /// is no such bound.
  explicit TaskLine(std::size_t mostWaiting = std::numeric_limits<std::size_t>::max());
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
  std::deque<std::function<void()>> waiting_;
  bool working_ = false;
  std::exception_ptr failure_;
  std::jthread thread_;  ///< last: ends before what it uses
};

}  // namespace featurescope
