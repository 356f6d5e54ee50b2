// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/result_table_model.h"

#include "core/base/numbers.h"
#include "ui/models/number_format.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace featurescope {
namespace {

Qt::Alignment alignmentOf(ResultKind kind) {
  const bool right = kind == ResultKind::Number || kind == ResultKind::Context;
  return (right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
}

}  // namespace

ResultCell numberCell(double value, const QString& shown) {
  return {shown, QString::fromStdString(shortest(value))};
}

ResultCell numberCell(const std::optional<double>& value,
                      const std::function<QString(double)>& format) {
  return value ? numberCell(*value, format(*value))
               : ResultCell{QString(kDash), QStringLiteral(" ")};
}

ResultCell changeCell(double value, const QString& shown, double noticed) {
  ResultCell cell = numberCell(value, shown);
  if (value != 0 && std::abs(value) >= noticed) cell.tone = value > 0 ? 1 : -1;
  return cell;
}

void ResultTableModel::setTable(std::vector<ResultColumn> columns, std::vector<ResultRow> rows) {
  beginResetModel();
  columns_ = std::move(columns);
  rows_ = std::move(rows);
  endResetModel();
}

std::int64_t ResultTableModel::key(int row) const {
  return rows_.at(static_cast<std::size_t>(row)).key;
}

ResultKind ResultTableModel::kind(int column) const {
  return columns_.at(static_cast<std::size_t>(column)).kind;
}

int ResultTableModel::rowOf(std::int64_t key) const {
  const auto found = std::ranges::find(rows_, key, &ResultRow::key);
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

int ResultTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ResultTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

QVariant ResultTableModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const ResultRow& row = rows_[static_cast<std::size_t>(index.row())];
  const ResultCell& cell = row.cells.at(static_cast<std::size_t>(index.column()));
  const ResultKind kind = columns_[static_cast<std::size_t>(index.column())].kind;
  switch (role) {
    case Qt::DisplayRole:
      return cell.text;
    case PlainRole:
      return cell.plain.isEmpty() ? cell.text : cell.plain;
    case KeyRole:
      return qlonglong{row.key};
    case KindRole:
      return static_cast<int>(kind);
    case ShareRole:
      return cell.share;
    case ToneRole:
      return cell.tone;
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(alignmentOf(kind));
    default:
      return {};
  }
}

QVariant ResultTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) return {};
  const ResultColumn& column = columns_[static_cast<std::size_t>(section)];
  switch (role) {
    case Qt::DisplayRole:
    case PlainRole:
      return column.title;
    case Qt::ToolTipRole:
      return column.tip;
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(alignmentOf(column.kind));
    default:
      return {};
  }
}

}  // namespace featurescope
