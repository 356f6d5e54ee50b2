// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/failure.h"

#include <QApplication>

namespace featurescope {

class EventWatchdog;

/// The Qt application: no exception leaves an event handler, it is told instead.
class Application : public QApplication {
  Q_OBJECT
 public:
  Application(int& argc, char** argv);

  /// Measures from now on how long events take; null: no more.
  void watch(EventWatchdog* watchdog) { watchdog_ = watchdog; }

  bool notify(QObject* receiver, QEvent* event) override;

 signals:
  void failed(const featurescope::Failure& failure);

 private:
  EventWatchdog* watchdog_ = nullptr;
};

}  // namespace featurescope
