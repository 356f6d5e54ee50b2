// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/opened_index.h"
#include "ui/pages/page_colors.h"

#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace featurescope {

struct WindowContext;

/// Which feature it is: its id, its label to edit, bookmark and pin, and its statistics.
class FeatureHead : public QWidget {
  Q_OBJECT
 public:
  explicit FeatureHead(const WindowContext& context, QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  /// Null: no feature.
  void setPage(std::shared_ptr<const FeaturePageData> page);
  void editLabel();
  void toggleBookmark();

 signals:
  void copyRequested();
  void labelEntered();

 private:
  void showNote();
  void showPin();
  void showStatistics();
  void commitLabel();
  [[nodiscard]] QString statistic(const QString& name, const QString& value) const;

  const WindowContext& context_;
  PageColors colors_;
  std::shared_ptr<const FeaturePageData> page_;
  QLabel* title_;
  QLineEdit* label_;
  QLabel* token_;
  QToolButton *bookmark_, *pin_;
  QPushButton* copy_;
  QLabel* statistics_;
};

}  // namespace featurescope
