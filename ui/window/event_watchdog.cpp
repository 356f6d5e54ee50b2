// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/event_watchdog.h"

#include <QEvent>
#include <QObject>

#include <algorithm>
#include <fstream>

namespace featurescope {

namespace {

/// How long this thread has waited for a processor since it began; 0 where the kernel does not say.
std::int64_t nanosecondsWaited() {
  std::ifstream file("/proc/thread-self/schedstat");
  std::int64_t ran = 0;
  std::int64_t waited = 0;
  return file >> ran >> waited ? waited : 0;
}

}  // namespace

void EventWatchdog::begin(const QObject& receiver, const QEvent& event) {
  if (depth_++ > 0) return;
  // By now: the receiver may be gone when the event has been delivered.
  current_ = QStringLiteral("%1 %2, type %3")
                 .arg(QLatin1String(receiver.metaObject()->className()), receiver.objectName())
                 .arg(static_cast<int>(event.type()));
  waited_ = nanosecondsWaited();
  began_ = Clock::now();
}

void EventWatchdog::end() {
  if (--depth_ > 0) return;
  const auto wall = std::chrono::duration<double, std::milli>(Clock::now() - began_).count();
  if (wall <= longest_) return;
  const double own = wall - static_cast<double>(nanosecondsWaited() - waited_) / 1e6;
  if (own <= longest_) return;
  longest_ = own;
  event_ = current_;
}

}  // namespace featurescope
