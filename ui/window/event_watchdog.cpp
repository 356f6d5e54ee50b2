// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/event_watchdog.h"

#include <QEvent>
#include <QObject>

#include <algorithm>
#include <fstream>

namespace featurescope {

std::int64_t nanosecondsWithoutProcessor() {
  std::ifstream file("/proc/thread-self/schedstat");
  std::int64_t ran = 0;
  std::int64_t waited = 0;
  return file >> ran >> waited ? waited : 0;
}

void EventWatchdog::begin(const QObject& receiver, const QEvent& event) {
  if (depth_++ > 0) return;
  // By now: the receiver may be gone when the event has been delivered.
  current_ = QStringLiteral("%1 %2, type %3")
                 .arg(QLatin1String(receiver.metaObject()->className()), receiver.objectName())
                 .arg(static_cast<int>(event.type()));
  waited_ = nanosecondsWithoutProcessor();
  began_ = Clock::now();
}

void EventWatchdog::end() {
  if (--depth_ > 0) return;
  const auto wall = std::chrono::duration<double, std::milli>(Clock::now() - began_).count();
  if (wall <= longest_) return;
  const double own = wall - static_cast<double>(nanosecondsWithoutProcessor() - waited_) / 1e6;
  if (own <= longest_) return;
  longest_ = own;
  event_ = current_;
}

}  // namespace featurescope
