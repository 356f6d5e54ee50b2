// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace featurescope {

/// Makes items on a thread of its own, ahead of whoever takes them, in order. The destructor waits
/// for the item that is being made.
template <class Item>
class Prefetch {
 public:
  /// `make` is called on the other thread only, until it throws. At most `ahead` items wait to be
  /// taken; with 0, one is made whenever one is asked for.
  Prefetch(std::function<Item()> make, std::size_t ahead)
      : make_(std::move(make)),
        ahead_(ahead),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  /// The next item. Throws what `make` threw in its place, again at every further call, and
  /// Interrupted when a stop is requested.
  [[nodiscard]] Item next(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    isAsked_ = true;
    room_.notify_one();
    arrived_.wait(lock, stop, [this] { return !items_.empty() || failure_; });
    isAsked_ = false;
    if (stop.stop_requested()) throw Interrupted();
    if (items_.empty()) std::rethrow_exception(failure_);
    Item item = std::move(items_.front());
    items_.pop_front();
    room_.notify_one();
    return item;
  }

 private:
  void run(const std::stop_token& stop) {
    try {
      while (waitForRoom(stop)) put(make_());
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      arrived_.notify_one();
    }
  }

  [[nodiscard]] bool waitForRoom(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, stop, [this] { return items_.size() < ahead_ + (isAsked_ ? 1 : 0); });
    return !stop.stop_requested();
  }

  void put(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    arrived_.notify_one();
  }

  std::function<Item()> make_;
  std::size_t ahead_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any room_, arrived_;
  std::deque<Item> items_;
  bool isAsked_ = false;
  std::exception_ptr failure_;
  std::jthread thread_;  ///< last: ends before what it uses
};

}  // namespace featurescope
