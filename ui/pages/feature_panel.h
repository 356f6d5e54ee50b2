// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/selection.h"
#include "ui/models/feature_table_model.h"
#include "ui/pages/page_colors.h"

#include <QStringList>
#include <QWidget>

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

class DataTable;
class FeatureDelegate;
class FilterBar;

/// The feature table with its filter. It remembers which feature is current through sorting and
/// filtering.
class FeaturePanel : public QWidget {
  Q_OBJECT
 public:
  explicit FeaturePanel(QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  void setNotes(const FeatureNotes& notes);
  /// A range marked in a picture narrows the table; nothing: no more.
  void setBrush(std::optional<Brush> brush);
  /// Shows the features whose top token this is.
  void filterByToken(const QString& strToken);
  /// The shown columns in their shown order.
  [[nodiscard]] std::vector<FeatureColumn> shownColumns() const;
  /// Null: none. Selects nothing.
  void setFeatures(const std::shared_ptr<const FeatureColumns>& features);

  /// Makes a feature current without saying so; its row is shown unless the filter hides it.
  void setCurrent(FeatureId feature);
  /// `step` rows on from the current feature in the shown order; nothing beyond the ends.
  [[nodiscard]] std::optional<FeatureId> neighbour(int step) const;
  [[nodiscard]] std::optional<FeatureId> firstShown() const;
  [[nodiscard]] const FeatureTableModel& model() const { return *model_; }

  void focusTable();
  void focusFilter();
  void clearFilter();
  void copyRows() const;

  /// Order, widths and visibility of the columns, to be remembered: "name:width:shown" each.
  [[nodiscard]] QStringList columnLayout() const;
  /// What it does not know it leaves out.
  void setColumnLayout(const QStringList& layout);
  void resetColumns();
  [[nodiscard]] bool isColumnShown(FeatureColumn column) const;
  void showColumn(FeatureColumn column, bool shown);

 signals:
  /// A person chose a feature in the table.
  void chosen(featurescope::FeatureId feature);
  /// A star was clicked.
  void bookmarkToggled(featurescope::FeatureId feature);
  /// The chip of the brush was removed.
  void brushRemoved();
  void countsChanged(int matches, int total);

 private:
  void onCurrentRow(const QModelIndex& current);
  void onHeadClicked(int column);
  void showHeadMenu(const QPoint& position);
  void sortBy(FeatureColumn column, bool descending, bool further);
  void applyFilter();
  void selectCurrentRow();
  void fitColumns();
  void hideColumns();

  FeatureTableModel* model_;
  FeatureDelegate* delegate_;
  FilterBar* filterBar_;
  DataTable* table_;
  std::optional<FeatureId> current_;
  std::array<bool, kFeatureColumnCount> wanted_{};  ///< columns a person wants to see
  bool quiet_ = false;  ///< the table's selection is ours, not the person's
};

}  // namespace featurescope
