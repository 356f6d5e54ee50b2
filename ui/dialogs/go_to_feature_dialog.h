// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <QDialog>

class QLabel;
class QLineEdit;

namespace featurescope {

/// Asks for a feature's id and says at once when there is none with it.
class GoToFeatureDialog : public QDialog {
  Q_OBJECT
 public:
  /// Ids go from 0 to `count` − 1.
  explicit GoToFeatureDialog(int count, QWidget* parent = nullptr);

 signals:
  void chosen(featurescope::FeatureId feature);

 private:
  void choose();

  int count_;
  QLineEdit* edit_;
  QLabel* note_;
};

}  // namespace featurescope
