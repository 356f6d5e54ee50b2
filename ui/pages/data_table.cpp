// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data_table.h"

#include "ui/pages/fonts.h"
#include "ui/pages/table_delegate.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>

#include <algorithm>

namespace featurescope {

DataTable::DataTable(int plainRole, QWidget* parent) : QTableView(parent), plainRole_(plainRole) {
  setShowGrid(false);
  setWordWrap(false);
  setMouseTracking(true);
  setFrameShape(QFrame::NoFrame);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::ExtendedSelection);
  setEditTriggers(QAbstractItemView::NoEditTriggers);
  setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  setTabKeyNavigation(false);
  setCornerButtonEnabled(false);
  verticalHeader()->hide();
  verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  verticalHeader()->setMinimumSectionSize(kRowHeight);
  verticalHeader()->setDefaultSectionSize(kRowHeight);
  horizontalHeader()->setHighlightSections(false);
  horizontalHeader()->setMinimumSectionSize(36);
  horizontalHeader()->setFixedHeight(28);
  QFont headFont = textFont(11);
  headFont.setWeight(QFont::DemiBold);
  horizontalHeader()->setFont(headFont);
  connect(horizontalHeader(), &QHeaderView::sectionResized, this, &DataTable::fitFlexibleColumn);
}

QString DataTable::tabSeparated() const {
  const QHeaderView* head = horizontalHeader();
  QList<int> columns;
  for (int visual = 0; visual < head->count(); ++visual) {
    const int logical = head->logicalIndex(visual);
    if (!isColumnHidden(logical)) columns.append(logical);
  }
  QList<int> rows;
  for (const QModelIndex& index : selectionModel()->selectedRows()) rows.append(index.row());
  if (rows.isEmpty()) {
    for (int row = 0; row < model()->rowCount(); ++row) rows.append(row);
  }
  std::sort(rows.begin(), rows.end());

  const auto line = [&](const auto& field) {
    QStringList fields;
    for (const int column : columns) {
      QString text = field(column).toString();
      text.replace(u'\t', u' ').replace(u'\n', u' ');
      fields.append(text);
    }
    return fields.join(u'\t') + u'\n';
  };
  QString text =
      line([&](int column) { return model()->headerData(column, Qt::Horizontal, plainRole_); });
  for (const int row : rows) {
    text += line([&](int column) { return model()->index(row, column).data(plainRole_); });
  }
  return text;
}

void DataTable::copyRows() const { QGuiApplication::clipboard()->setText(tabSeparated()); }

void DataTable::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) {
    copyRows();
    return;
  }
  const bool plain = event->modifiers() == Qt::NoModifier;
  if (plain && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)) {
    emit stepRequested(event->key() == Qt::Key_Left ? -1 : 1);
    return;
  }
  QTableView::keyPressEvent(event);
}

void DataTable::mouseMoveEvent(QMouseEvent* event) {
  const QPoint position = event->position().toPoint();
  const QModelIndex index = indexAt(position);
  setHoveredRow(index.row());
  emit hovered(index, position);
  QTableView::mouseMoveEvent(event);
}

void DataTable::leaveEvent(QEvent* event) {
  setHoveredRow(-1);
  emit hovered({}, {});
  QTableView::leaveEvent(event);
}

void DataTable::wheelEvent(QWheelEvent* event) {
  QTableView::wheelEvent(event);
  setHoveredRow(indexAt(event->position().toPoint()).row());
}

void DataTable::resizeEvent(QResizeEvent* event) {
  QTableView::resizeEvent(event);
  fitFlexibleColumn();
}

void DataTable::setFlexibleColumn(int column, int narrowest) {
  flexibleColumn_ = column;
  narrowest_ = narrowest;
  fitFlexibleColumn();
}

void DataTable::fitFlexibleColumn() {
  QHeaderView* head = horizontalHeader();
  if (flexibleColumn_ < 0 || flexibleColumn_ >= head->count() || isColumnHidden(flexibleColumn_)) {
    return;
  }
  const int others = head->length() - head->sectionSize(flexibleColumn_);
  const int width = std::max(narrowest_, viewport()->width() - others);
  if (width != head->sectionSize(flexibleColumn_)) head->resizeSection(flexibleColumn_, width);
}

void DataTable::setHoveredRow(int row) {
  if (row == hoveredRow_) return;
  hoveredRow_ = row;
  viewport()->update();
}

}  // namespace featurescope
