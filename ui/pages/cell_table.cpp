// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/cell_table.h"

#include "ui/pages/cell_delegate.h"
#include "ui/pages/table_delegate.h"

#include <QHeaderView>
#include <QMouseEvent>

#include <utility>

namespace featurescope {

CellTable::CellTable(QWidget* parent)
    : DataTable(CellTableModel::PlainRole, parent),
      model_(new CellTableModel(this)),
      delegate_(new CellDelegate(this)) {
  setModel(model_);
  setItemDelegate(delegate_);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setProperty("role", "small");
  verticalHeader()->setMinimumSectionSize(kSmallRowHeight);
  verticalHeader()->setDefaultSectionSize(kSmallRowHeight);
  horizontalHeader()->setSectionsClickable(false);
  horizontalHeader()->setFixedHeight(22);
  connect(this, &QTableView::clicked, this, &CellTable::follow);
  connect(this, &QTableView::activated, this, &CellTable::follow);
}

void CellTable::setColors(const PageColors& colors) {
  delegate_->setColors(colors);
  viewport()->update();
}

void CellTable::setTable(const QStringList& headers, std::vector<std::vector<Cell>> rows,
                         int flexible, int width) {
  const int count = static_cast<int>(rows.size());
  const bool reshaped = headers.size() != model_->columnCount();
  model_->setTable(headers, std::move(rows));
  if (reshaped) {
    for (int column = 0; column < headers.size(); ++column) {
      if (column != flexible) horizontalHeader()->resizeSection(column, width);
    }
  }
  setFlexibleColumn(flexible, 40);
  setFixedHeight(horizontalHeader()->height() + count * kSmallRowHeight + 2);
}

void CellTable::follow(const QModelIndex& index) {
  const Cell& cell = model_->cell(index.row(), index.column());
  if (cell.feature) {
    emit featureChosen(*cell.feature);
  } else if (cell.kind == Cell::Kind::Token) {
    emit tokenChosen(cell.text);
  }
}

void CellTable::mouseMoveEvent(QMouseEvent* event) {
  DataTable::mouseMoveEvent(event);
  const QModelIndex index = indexAt(event->position().toPoint());
  const bool follows =
      index.isValid() && (model_->cell(index.row(), index.column()).feature ||
                          model_->cell(index.row(), index.column()).kind == Cell::Kind::Token);
  viewport()->setCursor(follows ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

}  // namespace featurescope
