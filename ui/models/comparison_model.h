// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

/// The features of two indexes side by side, those that both have, a row each. Sorted by what
/// differs most unless asked otherwise.
class ComparisonModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    Feature,
    TokenHere,
    TokenThere,
    DensityHere,
    DensityThere,
    DensityDifference,
    MaxHere,
    MaxThere,
    MaxDifference,
    ColumnCount,
  };
  enum Role { PlainRole = Qt::UserRole };

  explicit ComparisonModel(QObject* parent = nullptr);

  /// Null: nothing to compare.
  void setIndexes(std::shared_ptr<const FeatureColumns> here,
                  std::shared_ptr<const FeatureColumns> there);
  [[nodiscard]] FeatureId feature(int row) const;
  [[nodiscard]] std::optional<int> rowOf(FeatureId feature) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;
  void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

 private:
  struct Pair {
    std::int32_t here, there;  ///< rows of the two indexes
  };
  [[nodiscard]] double value(const Pair& pair, int column) const;
  void order();

  std::shared_ptr<const FeatureColumns> here_, there_;
  std::vector<Pair> pairs_;
  int sortColumn_ = DensityDifference;
  Qt::SortOrder sortOrder_ = Qt::DescendingOrder;
};

}  // namespace featurescope
