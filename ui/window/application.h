// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/failure.h"

#include <QApplication>

namespace featurescope {

/// The Qt application: no exception leaves an event handler, it is told instead.
class Application : public QApplication {
  Q_OBJECT
 public:
  Application(int& argc, char** argv);

  bool notify(QObject* receiver, QEvent* event) override;

 signals:
  void failed(const featurescope::Failure& failure);
};

}  // namespace featurescope
