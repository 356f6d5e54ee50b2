// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>

namespace featurescope::cli {

/// Qt for drawing into files: needs no display, and looks the same whatever display there is. What
/// stops Qt is told like any other error and ends the program.
class DrawingApplication {
 public:
  DrawingApplication();

 private:
  static void prepare();

  int count_ = 1;
  char name_[20] = "featurescope-figure";
  char* arguments_[2] = {name_, nullptr};
  QApplication application_;
};

}  // namespace featurescope::cli
