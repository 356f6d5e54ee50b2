// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/task_line.h"

#include <utility>

namespace featurescope {

TaskLine::TaskLine(std::size_t mostWaiting)
    : mostWaiting_(mostWaiting), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void TaskLine::add(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return failure_ || waiting_.size() < mostWaiting_; });
  throwFailure();
  waiting_.push_back(std::move(task));
  added_.notify_one();
}

void TaskLine::finish() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return failure_ || (waiting_.empty() && !working_); });
  throwFailure();
}

void TaskLine::throwFailure() const {
  if (failure_) std::rethrow_exception(failure_);
}

void TaskLine::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (added_.wait(lock, stop, [this] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    std::function<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    working_ = true;
    done_.notify_all();
    lock.unlock();
    std::exception_ptr failure;
    try {
      task();
    } catch (...) {
      failure = std::current_exception();
    }
    task = nullptr;  // what it holds may have much to free
    lock.lock();
    working_ = false;
    failure_ = failure;
    done_.notify_all();
    if (failure_) return;
  }
}

}  // namespace featurescope
