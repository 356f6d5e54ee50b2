// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data_table.h"

#include "ui/pages/fonts.h"
#include "ui/pages/table_delegate.h"
#include "ui/plots/figure_menu.h"
#include "ui/plots/table_figure.h"

#include <QClipboard>
#include <QCursor>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

/// More than fit on a page of any size.
constexpr int kMostDrawnRows = 200;

/// "tuningEnhanced" as "tuning-enhanced".
QString fileNameOf(const QString& objectName) {
  QString name;
  for (const QChar letter : objectName) {
    if (letter.isUpper() && !name.isEmpty()) name += u'-';
    name += letter.toLower();
  }
  return name;
}

}  // namespace

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
  new FigureMenu(*this, [this] { return figure(); });
}

QList<int> DataTable::visibleColumns() const {
  const QHeaderView* head = horizontalHeader();
  QList<int> columns;
  for (int visual = 0; visual < head->count(); ++visual) {
    const int logical = head->logicalIndex(visual);
    if (!isColumnHidden(logical)) columns.append(logical);
  }
  return columns;
}

QList<int> DataTable::selectedRows(int fewest) const {
  QList<int> rows;
  for (const QModelIndex& index : selectionModel()->selectedRows()) rows.append(index.row());
  if (rows.size() < fewest) {
    rows.resize(model()->rowCount());
    std::iota(rows.begin(), rows.end(), 0);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

FigureTable DataTable::exactTable(const QList<int>& rows) const {
  const QList<int> columns = visibleColumns();
  FigureTable table;
  for (const int column : columns) {
    table.header.push_back(
        model()->headerData(column, Qt::Horizontal, plainRole_).toString().toStdString());
  }
  table.rows.reserve(static_cast<std::size_t>(rows.size()));
  for (const int row : rows) {
    std::vector<std::string>& fields = table.rows.emplace_back();
    fields.reserve(static_cast<std::size_t>(columns.size()));
    for (const int column : columns) {
      fields.push_back(model()->index(row, column).data(plainRole_).toString().toStdString());
    }
  }
  return table;
}

QString DataTable::tabSeparated() const { return toTabSeparated(exactTable(selectedRows(1))); }

Figure DataTable::figure() const {
  if (model() == nullptr || model()->rowCount() == 0) return {};
  const QList<int> rows = selectedRows(2);
  ShownTable shown;
  const QList<int> columns = visibleColumns();
  for (const int column : columns) {
    const auto alignment =
        model()->index(0, column).data(Qt::TextAlignmentRole).value<Qt::Alignment>();
    shown.columns.push_back({model()->headerData(column, Qt::Horizontal).toString(),
                             alignment.testFlag(Qt::AlignRight)});
  }
  for (const int row : rows.mid(0, kMostDrawnRows)) {
    std::vector<ShownTable::Cell>& cells = shown.rows.emplace_back();
    cells.reserve(static_cast<std::size_t>(columns.size()));
    for (const int column : columns) {
      cells.emplace_back(model()->index(row, column).data().toString());
    }
  }
  return makeFigure(fileNameOf(objectName()), accessibleName(), std::move(shown), exactTable(rows));
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
  hover(event->position().toPoint());
  QTableView::mouseMoveEvent(event);
}

void DataTable::leaveEvent(QEvent* event) {
  setHoveredRow(-1);
  emit hovered({}, {});
  QTableView::leaveEvent(event);
}

// The rows move under a mouse that does not.
void DataTable::scrollContentsBy(int dx, int dy) {
  QTableView::scrollContentsBy(dx, dy);
  if (hoveredRow_ >= 0) hover(viewport()->mapFromGlobal(QCursor::pos()));
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

void DataTable::hover(const QPoint& position) {
  const QModelIndex index = indexAt(position);
  setHoveredRow(index.row());
  emit hovered(index, position);
}

void DataTable::setHoveredRow(int row) {
  if (row == hoveredRow_) return;
  hoveredRow_ = row;
  viewport()->update();
}

}  // namespace featurescope
