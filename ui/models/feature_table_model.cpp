// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_table_model.h"

#include "core/base/csv.h"
#include "ui/models/feature_column_info.h"

#include <QTextDocument>

#include <algorithm>
#include <cmath>
#include <utility>

namespace featurescope {

FeatureTableModel::FeatureTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void FeatureTableModel::setFeatures(const std::shared_ptr<const FeatureColumns>& features) {
  beginResetModel();
  features_ = features ? std::make_unique<FeatureColumns>(*features) : nullptr;
  rows_.clear();
  if (features_) rows_ = matchingRows(*features_, filter_);
  order();
  endResetModel();
}

/// Do notes decide which rows are shown, and where?
bool FeatureTableModel::noteMatters() const {
  const auto isNote = [](FeatureColumn column) {
    return column == FeatureColumn::Label || column == FeatureColumn::Bookmark;
  };
  return filter_.bookmarked || !filter_.text.isEmpty() ||
         std::any_of(keys_.begin(), keys_.end(),
                     [&](const SortKey& key) { return isNote(key.column); }) ||
         std::any_of(filter_.conditions.begin(), filter_.conditions.end(),
                     [&](const ColumnCondition& c) { return isNote(c.column); });
}

void FeatureTableModel::setNotes(const FeatureNotes& notes) {
  if (!features_) return;
  if (noteMatters()) {
    beginResetModel();
    features_->setNotes(notes);
    rows_ = matchingRows(*features_, filter_);
    order();
    endResetModel();
    return;
  }
  features_->setNotes(notes);
  if (rows_.empty()) return;
  const int last = rowCount() - 1;
  for (const FeatureColumn column : {FeatureColumn::Bookmark, FeatureColumn::Label}) {
    emit dataChanged(index(0, static_cast<int>(column)), index(last, static_cast<int>(column)));
  }
}

bool FeatureTableModel::has(FeatureColumn column) const {
  return features_ != nullptr && features_->has(column);
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

std::function<std::string()> FeatureTableModel::csvMaker(std::vector<FeatureColumn> columns) const {
  auto copy = features_ ? std::make_shared<const FeatureColumns>(*features_) : nullptr;
  return [features = std::move(copy), rows = rows_, columns = std::move(columns)] {
    std::string csv;
    const auto append = [&](const auto& field) {
      std::vector<std::string> fields;
      fields.reserve(columns.size());
      for (const FeatureColumn column : columns) fields.push_back(field(column).toStdString());
      csv += csvRow(fields);
    };
    append([](FeatureColumn column) { return info(column).csvName; });
    for (const std::int32_t row : rows) {
      append([&](FeatureColumn column) {
        return plainValue(*features, column, static_cast<std::size_t>(row));
      });
    }
    return csv;
  };
}

int FeatureTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int FeatureTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(kFeatureColumnCount);
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
    case BookmarkRole:
      return !std::isnan(features_->value(FeatureColumn::Bookmark, row));
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
      if (column == FeatureColumn::Bookmark) return tr("Click to set or remove the bookmark");
      if (column == FeatureColumn::Label && !features_->labels[row].isEmpty()) {
        return Qt::convertFromPlainText(features_->labels[row]);
      }
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
