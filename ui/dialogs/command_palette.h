// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"
#include "ui/models/palette_model.h"
#include "ui/pages/page_colors.h"

#include <QDialog>
#include <QList>

#include <memory>

class QAction;
class QLineEdit;
class QListView;

namespace featurescope {

/// One line to type into that finds every action and every feature; Enter does what is chosen.
class CommandPalette : public QDialog {
  Q_OBJECT
 public:
  /// The actions must outlive the dialog; those that are disabled are left out. `features` may be
  /// null.
  CommandPalette(const QList<QAction*>& actions, std::shared_ptr<const FeatureColumns> features,
                 const PageColors& colors, QWidget* parent);

 signals:
  void featureChosen(featurescope::FeatureId feature);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void runCurrent();
  void chooseFirst();

  QList<QAction*> actions_;
  PaletteModel* model_;
  QLineEdit* edit_;
  QListView* list_;
};

}  // namespace featurescope
