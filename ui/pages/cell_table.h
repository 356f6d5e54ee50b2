// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/cell_table_model.h"
#include "ui/pages/data_table.h"
#include "ui/pages/page_colors.h"

namespace featurescope {

class CellDelegate;

/// A small table as high as its rows. Clicking a link, or Enter on it, asks for its feature.
class CellTable : public DataTable {
  Q_OBJECT
 public:
  explicit CellTable(QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  /// `flexible`: the column that takes the room that is left; the others are `width` wide.
  void setTable(const QStringList& headers, std::vector<std::vector<Cell>> rows, int flexible,
                int width);
  [[nodiscard]] const CellTableModel& cells() const { return *model_; }

 signals:
  void featureChosen(featurescope::FeatureId feature);
  void tokenChosen(const QString& token);

 protected:
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  void follow(const QModelIndex& index);

  CellTableModel* model_;
  CellDelegate* delegate_;
};

}  // namespace featurescope
