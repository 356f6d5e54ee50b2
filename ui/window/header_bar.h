// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/opened_index.h"

#include <QWidget>

#include <filesystem>

class QAction;
class QComboBox;
class QLabel;
class QPushButton;
class QToolButton;

namespace featurescope {

struct Theme;

/// Back and forward, where we are (model / site / SAE / text), which index of the study, and where
/// to find anything, and the two things to do next.
class HeaderBar : public QWidget {
  Q_OBJECT
 public:
  HeaderBar(QAction* back, QAction* forward, QAction* find, QAction* exportTable, QAction* build,
            QWidget* parent = nullptr);

  void setTheme(const Theme& theme);
  void setOpened(const OpenedIndex& opened);

 signals:
  void indexChosen(const std::filesystem::path& index);

 private:
  void showBreadcrumb();

  QLabel* breadcrumb_;
  QComboBox* indexes_;
  QStringList crumbs_;
  QString dim_, text_;
};

/// Where an index comes from, from the outside in: study, site, SAE, text.
[[nodiscard]] QStringList breadcrumbs(const OpenedIndex& opened);

}  // namespace featurescope
