// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bridge/serial_thread.h"

#include <future>
#include <utility>

namespace featurescope {

SerialThread::SerialThread() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

SerialThread::~SerialThread() {
  thread_.request_stop();
  thread_.join();
}

void SerialThread::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void SerialThread::finish() {
  std::promise<void> done;
  post([&done] { done.set_value(); });
  done.get_future().wait();
}

void SerialThread::run(const std::stop_token& stop) {
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
      if (stop.stop_requested()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace featurescope
