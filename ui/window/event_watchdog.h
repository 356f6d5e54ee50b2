// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <chrono>
#include <cstdint>

class QEvent;
class QObject;

namespace featurescope {

/// How long this thread was ready to run but had no processor since it began, in nanoseconds; 0
/// where the kernel does not say.
[[nodiscard]] std::int64_t nanosecondsWithoutProcessor();

/// Finds what keeps the window's thread from the next event: how long each delivery of an event
/// took, with all that it caused. The time in which the thread could run but the machine had no
/// processor for it is not counted: it says nothing about us. GUI thread.
class EventWatchdog {
 public:
  /// Around each delivery, also nested ones: the outermost counts.
  void begin(const QObject& receiver, const QEvent& event);
  void end();

  [[nodiscard]] double longestMilliseconds() const { return longest_; }
  /// Which event it was: "QPushButton saveButton, type 3".
  [[nodiscard]] const QString& longestEvent() const { return event_; }
  void reset() { *this = EventWatchdog(); }

 private:
  using Clock = std::chrono::steady_clock;

  int depth_ = 0;
  Clock::time_point began_;
  std::int64_t waited_ = 0;  ///< for a processor, by then, in nanoseconds
  double longest_ = 0;
  QString event_, current_;
};

}  // namespace featurescope
