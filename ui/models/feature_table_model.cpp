// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_table_model.h"

#include "core/base/csv.h"
#include "ui/models/feature_column_info.h"

#include <algorithm>
#include <utility>

namespace featurescope {

FeatureTableModel::FeatureTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void FeatureTableModel::setFeatures(std::shared_ptr<const FeatureColumns> features) {
  beginResetModel();
  features_ = std::move(features);
  rows_.clear();
  if (features_) rows_ = matchingRows(*features_, filter_);
  order();
  endResetModel();
}

void FeatureTableModel::setFilter(FeatureFilter filter) {
  if (filter == filter_) return;
  beginResetModel();
  filter_ = std::move(filter);
  if (features_) rows_ = matchingRows(*features_, filter_);
  order();
  endResetModel();
}

void FeatureTableModel::setSortKeys(std::vector<SortKey> keys) {
  if (keys == keys_) return;
  emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
  const QModelIndexList before = persistentIndexList();
  std::vector<FeatureId> features;
  features.reserve(static_cast<std::size_t>(before.size()));
  for (const QModelIndex& index : before) features.push_back(feature(index.row()));
  keys_ = std::move(keys);
  order();
  QModelIndexList after;
  for (qsizetype i = 0; i < before.size(); ++i) {
    const int row = *rowOf(features[static_cast<std::size_t>(i)]);
    after.append(index(row, before[i].column()));
  }
  changePersistentIndexList(before, after);
  emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
  emit headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

void FeatureTableModel::order() {
  shownRowOfId_.clear();
  if (!features_) return;
  sortRows(*features_, keys_, rows_);
  std::size_t ids = 0;
  for (std::size_t row = 0; row < features_->size(); ++row) {
    ids = std::max(ids, static_cast<std::size_t>(features_->feature(row).value) + 1);
  }
  shownRowOfId_.assign(ids, -1);
  for (std::size_t shown = 0; shown < rows_.size(); ++shown) {
    const FeatureId id = features_->feature(static_cast<std::size_t>(rows_[shown]));
    shownRowOfId_[static_cast<std::size_t>(id.value)] = static_cast<std::int32_t>(shown);
  }
}

int FeatureTableModel::totalCount() const {
  return features_ ? static_cast<int>(features_->size()) : 0;
}

FeatureId FeatureTableModel::feature(int row) const {
  return features_->feature(static_cast<std::size_t>(rows_[static_cast<std::size_t>(row)]));
}

std::optional<int> FeatureTableModel::rowOf(FeatureId feature) const {
  if (!exists(feature)) return std::nullopt;
  const std::int32_t row = shownRowOfId_[static_cast<std::size_t>(feature.value)];
  return row < 0 ? std::nullopt : std::optional<int>(row);
}

bool FeatureTableModel::exists(FeatureId feature) const {
  return feature.value >= 0 && static_cast<std::size_t>(feature.value) < shownRowOfId_.size();
}

std::function<std::string()> FeatureTableModel::csvMaker() const {
  return [features = features_, rows = rows_] {
    std::string csv;
    std::vector<std::string> fields;
    const auto append = [&](const QString& text) { fields.push_back(text.toStdString()); };
    const std::size_t columns = features && features->fineTuned ? 11 : 9;
    // The order and the extra `dead` column of the verb `features`.
    constexpr std::size_t kOrder[] = {0, 1, 2, 3, 4, 6, 7, 8, 5, 9, 10};
    const auto row = [&](const auto& field, const QString& dead) {
      fields.clear();
      for (std::size_t i = 0; i < columns; ++i) {
        if (i == 5) append(dead);
        append(field(static_cast<FeatureColumn>(kOrder[i])));
      }
      csv += csvRow(fields);
    };
    row([](FeatureColumn column) { return info(column).csvName; }, QStringLiteral("dead"));
    for (const std::int32_t index : rows) {
      const auto at = static_cast<std::size_t>(index);
      row([&](FeatureColumn column) { return plainValue(*features, column, at); },
          features->dead[at] != 0 ? QStringLiteral("1") : QStringLiteral("0"));
    }
    return csv;
  };
}

int FeatureTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int FeatureTableModel::columnCount(const QModelIndex& parent) const {
  if (parent.isValid()) return 0;
  const auto all = static_cast<int>(kFeatureColumnCount);
  return features_ && features_->fineTuned ? all : all - 2;
}

QVariant FeatureTableModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto row = static_cast<std::size_t>(rows_[static_cast<std::size_t>(index.row())]);
  const auto column = static_cast<FeatureColumn>(index.column());
  switch (role) {
    case Qt::DisplayRole:
      return displayValue(*features_, column, row);
    case PlainRole:
      return plainValue(*features_, column, row);
    case DeadRole:
      return features_->dead[row] != 0;
    case BarRole:
      return features_->largestDensity > 0
                 ? features_->value(FeatureColumn::Density, row) / features_->largestDensity
                 : 0.0;
    case Qt::TextAlignmentRole:
      return QVariant::fromValue((info(column).isText ? Qt::AlignLeft : Qt::AlignRight) |
                                 Qt::AlignVCenter);
    case Qt::ToolTipRole:
      if (features_->dead[row] != 0) return tr("Activated by no token of this text");
      if (column == FeatureColumn::Density) {
        return tr("%1 of the counted tokens").arg(displayValue(*features_, column, row));
      }
      return {};
    default:
      return {};
  }
}

QVariant FeatureTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const auto column = static_cast<FeatureColumn>(section);
  switch (role) {
    case Qt::DisplayRole:
      return QString(info(column).header + sortMark(column));
    case Qt::ToolTipRole:
      return tr("%1\nClick to sort, Shift+click to sort by it as well, right-click for more")
          .arg(info(column).explanation);
    case Qt::TextAlignmentRole:
      return QVariant::fromValue((info(column).isText ? Qt::AlignLeft : Qt::AlignRight) |
                                 Qt::AlignVCenter);
    case PlainRole:
      return info(column).csvName;
    case ColumnRole:
      return section;
    default:
      return {};
  }
}

/// " ▾", and with several keys the key's number: " ▾²".
QString FeatureTableModel::sortMark(FeatureColumn column) const {
  const auto key = std::find_if(keys_.begin(), keys_.end(),
                                [column](const SortKey& k) { return k.column == column; });
  if (key == keys_.end()) return {};
  static const QString kNumbers = QStringLiteral("¹²³⁴⁵⁶⁷⁸⁹");
  QString mark = key->descending ? QStringLiteral(" ▾") : QStringLiteral(" ▴");
  const qsizetype place = key - keys_.begin();
  if (keys_.size() > 1 && place < kNumbers.size()) mark += kNumbers[place];
  return mark;
}

void FeatureTableModel::sort(int column, Qt::SortOrder order) {
  if (column < 0 || column >= columnCount()) return;
  setSortKeys({{static_cast<FeatureColumn>(column), order == Qt::DescendingOrder}});
}

}  // namespace featurescope
