// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/thread_order.h"

#include <QMetaObject>
#include <QObject>

#include <utility>

namespace featurescope {

namespace detail {

inline char handingOver = 0;  ///< the thread sanitizer's address for Qt's event queue

/// A task on its way through the event queue. Qt counts its owners, and the last may be the thread
/// that handed it over: what the task holds is let go where it ran, all the same.
template <class Task>
class HandedOver {
 public:
  explicit HandedOver(Task task) : task_(std::move(task)) {}
  HandedOver(HandedOver&& other) noexcept : task_(std::move(other.task_)) {
    announceOrder(&handingOver);
  }
  ~HandedOver() { observeOrder(&handingOver); }
  HandedOver(const HandedOver&) = delete;
  HandedOver& operator=(const HandedOver&) = delete;

  void operator()() {
    observeOrder(&handingOver);
    Task task = std::move(task_);
    announceOrder(&handingOver);
    task();
  }

 private:
  Task task_;
};

}  // namespace detail

/// Runs `task` later on the thread where `receiver` lives, in the order in which tasks are handed
/// over; never, if `receiver` is gone by then. May be called on any thread.
template <class Task>
void handOver(QObject* receiver, Task task) {
  QMetaObject::invokeMethod(receiver, detail::HandedOver<Task>(std::move(task)),
                            Qt::QueuedConnection);
}

}  // namespace featurescope
