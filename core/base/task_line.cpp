// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/task_line.h"

#include <utility>

namespace featurescope {

TaskLine::TaskLine(std::size_t mostWaiting)
    : mostWaiting_(mostWaiting), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void TaskLine::add(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return failure_ || tasks_.size() <= mostWaiting_; });
  throwFailure();
  tasks_.push_back(std::move(task));
  added_.notify_one();
}

void TaskLine::finish() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return failure_ || tasks_.empty(); });
  throwFailure();
}

void TaskLine::throwFailure() const {
  if (failure_) std::rethrow_exception(failure_);
}

void TaskLine::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (added_.wait(lock, stop, [this] { return !tasks_.empty(); }) && !stop.stop_requested()) {
    // It stays where it is, so that finish() waits for it; others only push behind it.
    const std::function<void()>& task = tasks_.front();
    lock.unlock();
    std::exception_ptr failure;
    try {
      task();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    tasks_.pop_front();
    failure_ = failure;
    done_.notify_all();
    if (failure_) return;
  }
}

}  // namespace featurescope
