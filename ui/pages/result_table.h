// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "ui/models/result_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/pages/table_delegate.h"

#include <vector>

namespace featurescope {

/// Paints the cells of a ResultTableModel.
class ResultDelegate : public TableDelegate {
  Q_OBJECT
 public:
  using TableDelegate::TableDelegate;

  /// Cells of this token stand out; empty: none do.
  void setMarked(const QString& token) { marked_ = token; }
  [[nodiscard]] const QString& marked() const { return marked_; }
  /// Numbers beside others that matter more.
  void setQuiet(bool quiet) { quiet_ = quiet; }
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;

 private:
  QString marked_;
  bool quiet_ = false;
};

/// A ResultTableModel in our kind of table, its columns as wide as asked for.
class ResultTable : public DataTable {
  Q_OBJECT
 public:
  enum class Size {
    Scrolled,  ///< takes the room it is given
    Small,     ///< as high as its rows, beside other things
  };

  explicit ResultTable(Size size = Size::Scrolled, QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  /// `flexible`: the column that takes the room which is left.
  void setTable(std::vector<ResultColumn> columns, std::vector<ResultRow> rows,
                const std::vector<int>& widths, int flexible);
  [[nodiscard]] ResultTableModel& cells() { return model_; }
  /// Shows where a token stands in the table, if it does; empty: none.
  void markToken(const QString& token);
  [[nodiscard]] const QString& markedToken() const { return delegate_.marked(); }

 signals:
  /// A feature's row was clicked, or the keyboard's Enter pressed on it.
  void featureChosen(featurescope::FeatureId feature);
  /// The same on a token in a row that stands for no feature.
  void tokenChosen(const QString& token);

 protected:
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  void follow(const QModelIndex& index);
  [[nodiscard]] bool leadsSomewhere(const QModelIndex& index) const;

  Size size_;
  ResultTableModel model_;
  ResultDelegate delegate_;
};

}  // namespace featurescope
