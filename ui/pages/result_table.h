// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/result_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/pages/table_delegate.h"

namespace featurescope {

/// Paints the cells of a ResultTableModel.
class ResultDelegate : public TableDelegate {
  Q_OBJECT
 public:
  using TableDelegate::TableDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
};

/// A ResultTableModel in our kind of table, its columns as wide as asked for.
class ResultTable : public DataTable {
  Q_OBJECT
 public:
  explicit ResultTable(QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  /// `flexible`: the column that takes the room which is left.
  void setTable(std::vector<ResultColumn> columns, std::vector<ResultRow> rows,
                const std::vector<int>& widths, int flexible);
  [[nodiscard]] ResultTableModel& cells() { return model_; }

 signals:
  /// A row was clicked, or the keyboard's Enter pressed on it.
  void rowChosen(std::int64_t key);

 private:
  ResultTableModel model_;
  ResultDelegate delegate_;
};

}  // namespace featurescope
