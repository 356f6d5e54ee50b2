// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/feature_filter.h"

#include <QWidget>

#include <optional>

class QHBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace featurescope {

/// Where a filter is typed. A condition on a column ("density > 0.2%") works while it is typed and
/// becomes a chip on Enter; any other text is looked for in ids and top tokens.
class FilterBar : public QWidget {
  Q_OBJECT
 public:
  explicit FilterBar(QWidget* parent = nullptr);

  [[nodiscard]] FeatureFilter filter() const;
  void setMatchCount(int matches, int total);
  /// Adds a condition as a chip, in the place of another on the same text column.
  void addCondition(const ColumnCondition& condition);
  /// What was marked in a picture, as a chip of its own; nothing: none.
  void setBrush(std::optional<ColumnCondition> brush);
  /// Puts the beginning of a condition on a column into the edit, ready to be completed.
  void beginCondition(FeatureColumn column);
  void clear();
  void focusEdit();

 signals:
  void filterChanged();
  void brushRemoved();
  /// Enter, Esc or the down arrow: the keyboard belongs to the table again.
  void left();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void turnIntoChip();
  void removeChip(std::size_t index);
  void rebuildChips();

  QPushButton* makeChip(const QString& text, const QString& name);

  std::vector<ColumnCondition> chips_;
  std::optional<ColumnCondition> brush_;
  QLineEdit* edit_;
  QToolButton *hideDead_, *bookmarked_;
  QLabel* count_;
  QWidget* chipRow_;
  QHBoxLayout* chipLayout_;
  bool quiet_ = false;  ///< several changes become one
};

}  // namespace featurescope
