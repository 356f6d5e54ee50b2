// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/failure.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace featurescope {

/// A line above the pages that says what failed, why, and what to do next; it stays until it is
/// closed, something else takes its place, or what was asked for succeeds.
class MessageBar : public QWidget {
  Q_OBJECT
 public:
  explicit MessageBar(QWidget* parent = nullptr);

  void tell(const Failure& failure);
  void setCloseIcon(const QIcon& icon);
  [[nodiscard]] QString text() const;

 private:
  QLabel* sentence_;
  QLabel* next_;
  QToolButton* close_;
};

}  // namespace featurescope
