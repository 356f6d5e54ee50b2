// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QTableView>

namespace featurescope {

/// A calm, dense table: fixed rows, no grid, the whole row lit under the mouse; Ctrl+C copies the
/// selected rows with their head as tab-separated text, a FigureMenu offers the rest.
class DataTable : public QTableView {
  Q_OBJECT
 public:
  /// `plainRole`: the model's role (of items and headers) with the text for the clipboard.
  explicit DataTable(int plainRole, QWidget* parent = nullptr);

  /// This column takes the room that the others leave, at least `narrowest` pixels.
  void setFlexibleColumn(int column, int narrowest);

  [[nodiscard]] int hoveredRow() const { return hoveredRow_; }
  /// The selected rows, or all when none is selected: a head and a line each, visible columns in
  /// their visible order.
  [[nodiscard]] QString tabSeparated() const;
  /// The selected rows where several are selected, else all: named after the object, titled by the
  /// accessible name.
  [[nodiscard]] Figure figure() const;
  void copyRows() const;

 signals:
  /// The left (−1) or right (+1) arrow was pressed.
  void stepRequested(int step);
  /// The mouse is over a cell, at `position` of the viewport; an invalid index: it is over none.
  void hovered(const QModelIndex& index, const QPoint& position);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  [[nodiscard]] QList<int> visibleColumns() const;
  /// Ascending; all where fewer than `fewest` are selected.
  [[nodiscard]] QList<int> selectedRows(int fewest) const;
  [[nodiscard]] FigureTable exactTable(const QList<int>& rows) const;
  void hover(const QPoint& position);
  void setHoveredRow(int row);
  void fitFlexibleColumn();

  int plainRole_;
  int hoveredRow_ = -1;
  int flexibleColumn_ = -1;
  int narrowest_ = 0;
};

}  // namespace featurescope
