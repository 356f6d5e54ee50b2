// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/cell_table_model.h"

#include <utility>

namespace featurescope {

namespace {

QVariant alignment(bool number) {
  return QVariant::fromValue((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

bool isNumber(const Cell& cell) {
  return cell.kind == Cell::Kind::Number || cell.kind == Cell::Kind::Signed;
}

}  // namespace

void CellTableModel::setTable(const QStringList& headers, std::vector<std::vector<Cell>> rows) {
  beginResetModel();
  headers_ = headers;
  rows_ = std::move(rows);
  endResetModel();
}

const Cell& CellTableModel::cell(int row, int column) const {
  return rows_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
}

int CellTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int CellTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(headers_.size());
}

QVariant CellTableModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Cell& at = cell(index.row(), index.column());
  switch (role) {
    case Qt::DisplayRole:
      return at.text;
    case PlainRole:
      return at.plain.isEmpty() ? at.text : at.plain;
    case Qt::TextAlignmentRole:
      return alignment(isNumber(at));
    default:
      return {};
  }
}

QVariant CellTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= headers_.size()) return {};
  if (role == Qt::DisplayRole || role == PlainRole) return headers_[section];
  if (role == Qt::TextAlignmentRole) {
    return alignment(!rows_.empty() && isNumber(cell(0, section)));
  }
  return {};
}

}  // namespace featurescope
