// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace featurescope {

/// One thread that does small pieces of work in the order they were posted: reading an index,
/// checking a form's paths, writing a table. Any thread may post.
class SerialThread {
 public:
  SerialThread();
  /// Drops what has not begun and waits for what has.
  ~SerialThread();
  SerialThread(const SerialThread&) = delete;
  SerialThread& operator=(const SerialThread&) = delete;

  /// `work` must not throw.
  void post(std::function<void()> work);
  /// Waits until everything that was posted so far is done.
  void finish();

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> waiting_;
  std::jthread thread_;
};

}  // namespace featurescope
