// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"
#include "ui/models/feature_filter.h"
#include "ui/models/feature_order.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// Every feature of an index a row. Sorting and filtering order row numbers, never rows: 32,768
/// features sort in a few milliseconds.
class FeatureTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Role {
    ColumnRole = Qt::UserRole,  ///< of headers: the FeatureColumn as an int
    DeadRole,                   ///< bool
    BarRole,                    ///< density / largest density
    BookmarkRole,               ///< bool
    PlainRole,                  ///< the value for files and the clipboard
  };

  explicit FeatureTableModel(QObject* parent = nullptr);

  /// Replaces all features; order and filter stay. Null: none.
  void setFeatures(const std::shared_ptr<const FeatureColumns>& features);
  /// Labels and bookmarks, all of them anew.
  void setNotes(const FeatureNotes& notes);
  /// Nothing but by id when `keys` is empty.
  void setSortKeys(std::vector<SortKey> keys);
  void setFilter(FeatureFilter filter);

  [[nodiscard]] const std::vector<SortKey>& sortKeys() const { return keys_; }
  [[nodiscard]] const FeatureFilter& filter() const { return filter_; }
  [[nodiscard]] int totalCount() const;
  [[nodiscard]] FeatureId feature(int row) const;
  /// Nothing when the filter hides it or it does not exist.
  [[nodiscard]] std::optional<int> rowOf(FeatureId feature) const;
  [[nodiscard]] bool exists(FeatureId feature) const;

  /// The rows as shown, with these columns, as CSV. The result needs nothing of the model: call it
  /// on any thread.
  [[nodiscard]] std::function<std::string()> csvMaker(std::vector<FeatureColumn> columns) const;
  [[nodiscard]] const FeatureColumns* features() const { return features_.get(); }
  /// Whether the open index knows the column.
  [[nodiscard]] bool has(FeatureColumn column) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;
  void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

 private:
  [[nodiscard]] QString sortMark(FeatureColumn column) const;
  void order();
  [[nodiscard]] bool noteMatters() const;

  std::unique_ptr<FeatureColumns> features_;  ///< our copy: notes change
  std::vector<SortKey> keys_;
  FeatureFilter filter_;
  std::vector<std::int32_t> rows_;          ///< shown row → row of features_
  std::vector<std::int32_t> shownRowOfId_;  ///< feature id → shown row, −1 where hidden
};

}  // namespace featurescope
