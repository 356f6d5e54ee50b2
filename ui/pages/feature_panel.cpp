// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_panel.h"

#include "ui/models/feature_column_info.h"
#include "ui/pages/data_table.h"
#include "ui/pages/feature_delegate.h"
#include "ui/pages/filter_bar.h"
#include "ui/pages/table_delegate.h"

#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>
#include <QScopedValueRollback>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace featurescope {
namespace {

/// Widths in pixels, by FeatureColumn.
constexpr std::array<int, kFeatureColumnCount> kWidths{36, 52, 132, 100, 90, 54, 54, 96, 88, 72,
                                                       92, 54, 70,  54,  52, 52, 88, 62, 66};

constexpr int kNarrowestLabels = 80;

/// What a person sees before choosing; the others are there for the asking.
bool shownFirst(FeatureColumn column) {
  switch (column) {
    case FeatureColumn::ActiveTokens:
    case FeatureColumn::Mean:
    case FeatureColumn::TopTokenShare:
    case FeatureColumn::EncoderCosineToDead:
    case FeatureColumn::DecoderNorm:
    case FeatureColumn::EncoderNorm:
    case FeatureColumn::EncoderBias:
    case FeatureColumn::DensityFineTuned:
    case FeatureColumn::MaxFineTuned:
    case FeatureColumn::MeanFineTuned:
      return false;
    default:
      return true;
  }
}

/// Where the largest is the most interesting, the first click sorts downwards.
bool descendsFirst(FeatureColumn column) {
  return column != FeatureColumn::Feature && !info(column).isText;
}

}  // namespace

FeaturePanel::FeaturePanel(QWidget* parent)
    : QWidget(parent),
      model_(new FeatureTableModel(this)),
      delegate_(new FeatureDelegate(this)),
      filterBar_(new FilterBar),
      table_(new DataTable(FeatureTableModel::PlainRole)) {
  setObjectName("featurePanel");
  table_->setObjectName("featureTable");
  table_->setAccessibleName(tr("Features"));
  table_->setModel(model_);
  table_->setItemDelegate(delegate_);
  QHeaderView* head = table_->horizontalHeader();
  head->setSectionsMovable(true);
  head->setSectionsClickable(true);
  head->setContextMenuPolicy(Qt::CustomContextMenu);
  model_->setSortKeys({{FeatureColumn::Density, true}});
  resetColumns();

  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(filterBar_);
  rows->addWidget(table_, 1);

  connect(filterBar_, &FilterBar::filterChanged, this, &FeaturePanel::applyFilter);
  connect(filterBar_, &FilterBar::left, this, &FeaturePanel::focusTable);
  connect(head, &QHeaderView::sectionClicked, this, &FeaturePanel::onHeadClicked);
  connect(head, &QHeaderView::customContextMenuRequested, this, &FeaturePanel::showHeadMenu);
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          &FeaturePanel::onCurrentRow);
  connect(filterBar_, &FilterBar::brushRemoved, this, &FeaturePanel::brushRemoved);
  connect(table_, &QTableView::clicked, this, [this](const QModelIndex& index) {
    if (index.column() == static_cast<int>(FeatureColumn::Bookmark)) {
      emit bookmarkToggled(model_->feature(index.row()));
    }
  });
  connect(table_, &DataTable::stepRequested, this, [this](int step) {
    if (const auto feature = neighbour(step)) {
      setCurrent(*feature);
      emit chosen(*feature);
    }
  });
}

void FeaturePanel::setColors(const PageColors& colors) {
  delegate_->setColors(colors);
  table_->viewport()->update();
}

void FeaturePanel::setFeatures(const std::shared_ptr<const FeatureColumns>& features) {
  const QScopedValueRollback quiet(quiet_, true);
  current_.reset();
  model_->setFeatures(features);
  hideColumns();
  filterBar_->setMatchCount(model_->rowCount(), model_->totalCount());
  emit countsChanged(model_->rowCount(), model_->totalCount());
  fitColumns();
  table_->scrollToTop();
}

void FeaturePanel::setNotes(const FeatureNotes& notes) {
  {
    const QScopedValueRollback quiet(quiet_, true);
    model_->setNotes(notes);
  }
  filterBar_->setMatchCount(model_->rowCount(), model_->totalCount());
  emit countsChanged(model_->rowCount(), model_->totalCount());
  selectCurrentRow();
}

void FeaturePanel::setBrush(std::optional<Brush> brush) {
  std::optional<ColumnCondition> condition;
  if (brush) {
    condition = ColumnCondition{
        .column = brush->column, .low = brush->low, .high = brush->high, .contains = {}};
  }
  filterBar_->setBrush(condition);
}

void FeaturePanel::filterByToken(const QString& strToken) {
  filterBar_->addCondition({.column = FeatureColumn::TopToken, .contains = strToken});
}

std::vector<FeatureColumn> FeaturePanel::shownColumns() const {
  const QHeaderView* head = table_->horizontalHeader();
  std::vector<FeatureColumn> columns;
  for (int visual = 0; visual < head->count(); ++visual) {
    const int logical = head->logicalIndex(visual);
    if (!head->isSectionHidden(logical)) columns.push_back(static_cast<FeatureColumn>(logical));
  }
  return columns;
}

/// A column is there when a person wants it and the index knows it.
void FeaturePanel::hideColumns() {
  for (std::size_t i = 0; i < kFeatureColumnCount; ++i) {
    const bool known = model_->features() == nullptr || model_->has(static_cast<FeatureColumn>(i));
    table_->setColumnHidden(static_cast<int>(i), !(wanted_[i] && known));
  }
}

void FeaturePanel::setCurrent(FeatureId feature) {
  current_ = feature;
  selectCurrentRow();
}

void FeaturePanel::selectCurrentRow() {
  const QScopedValueRollback quiet(quiet_, true);
  const auto row = current_ ? model_->rowOf(*current_) : std::nullopt;
  if (!row) {
    table_->clearSelection();
    table_->setCurrentIndex({});
    return;
  }
  const QModelIndex index = model_->index(*row, table_->horizontalHeader()->logicalIndex(0));
  // Choosing scrolls too, so look first: what is far away goes to the middle, a neighbour just in.
  const QRect shown = table_->visualRect(index);
  const QRect nearby = table_->viewport()->rect().adjusted(0, -kRowHeight, 0, kRowHeight);
  const auto hint = nearby.intersects(shown) ? QAbstractItemView::EnsureVisible
                                             : QAbstractItemView::PositionAtCenter;
  table_->selectionModel()->setCurrentIndex(
      index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
  table_->scrollTo(index, hint);
}

std::optional<FeatureId> FeaturePanel::neighbour(int step) const {
  const auto row = current_ ? model_->rowOf(*current_) : std::nullopt;
  if (!row) return firstShown();
  const int wanted = *row + step;
  if (wanted < 0 || wanted >= model_->rowCount()) return std::nullopt;
  return model_->feature(wanted);
}

std::optional<FeatureId> FeaturePanel::firstShown() const {
  if (model_->rowCount() == 0) return std::nullopt;
  return model_->feature(0);
}

void FeaturePanel::focusTable() { table_->setFocus(Qt::ShortcutFocusReason); }
void FeaturePanel::focusFilter() { filterBar_->focusEdit(); }
void FeaturePanel::clearFilter() { filterBar_->clear(); }
void FeaturePanel::copyRows() const { table_->copyRows(); }

void FeaturePanel::onCurrentRow(const QModelIndex& current) {
  if (quiet_ || !current.isValid()) return;
  current_ = model_->feature(current.row());
  emit chosen(*current_);
}

void FeaturePanel::applyFilter() {
  {
    const QScopedValueRollback quiet(quiet_, true);
    model_->setFilter(filterBar_->filter());
  }
  filterBar_->setMatchCount(model_->rowCount(), model_->totalCount());
  emit countsChanged(model_->rowCount(), model_->totalCount());
  selectCurrentRow();
}

void FeaturePanel::onHeadClicked(int column) {
  const auto clicked = static_cast<FeatureColumn>(column);
  const bool further = QGuiApplication::keyboardModifiers().testFlag(Qt::ShiftModifier);
  const auto& keys = model_->sortKeys();
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [clicked](const SortKey& k) { return k.column == clicked; });
  const bool descending = key == keys.end() ? descendsFirst(clicked) : !key->descending;
  sortBy(clicked, descending, further);
}

/// `further`: after the keys there are, or turned round among them.
void FeaturePanel::sortBy(FeatureColumn column, bool descending, bool further) {
  std::vector<SortKey> keys;
  if (further) keys = model_->sortKeys();
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [column](const SortKey& k) { return k.column == column; });
  if (key == keys.end()) {
    keys.push_back({column, descending});
  } else {
    key->descending = descending;
  }
  const QScopedValueRollback quiet(quiet_, true);
  model_->setSortKeys(std::move(keys));
  selectCurrentRow();
}

void FeaturePanel::showHeadMenu(const QPoint& position) {
  QHeaderView* head = table_->horizontalHeader();
  const int logical = head->logicalIndexAt(position);
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->setObjectName("columnMenu");
  if (logical >= 0) {
    const auto column = static_cast<FeatureColumn>(logical);
    menu->addAction(tr("Sort ascending"), this, [=, this] { sortBy(column, false, false); });
    menu->addAction(tr("Sort descending"), this, [=, this] { sortBy(column, true, false); });
    menu->addAction(tr("Then sort by %1").arg(info(column).header), this,
                    [=, this] { sortBy(column, descendsFirst(column), true); });
    menu->addSeparator();
    menu->addAction(tr("Filter by %1…").arg(info(column).header), this,
                    [=, this] { filterBar_->beginCondition(column); });
    QAction* hide = menu->addAction(tr("Hide %1").arg(info(column).header), this,
                                    [=, this] { showColumn(column, false); });
    hide->setEnabled(head->count() - head->hiddenSectionCount() > 1);
    menu->addSeparator();
  }
  for (int section = 0; section < model_->columnCount(); ++section) {
    const auto column = static_cast<FeatureColumn>(section);
    if (!model_->has(column)) continue;
    QAction* toggle = menu->addAction(info(column).header);
    toggle->setCheckable(true);
    toggle->setChecked(isColumnShown(column));
    connect(toggle, &QAction::toggled, this, [=, this](bool shown) { showColumn(column, shown); });
  }
  menu->addSeparator();
  menu->addAction(tr("Reset columns"), this, &FeaturePanel::resetColumns);
  menu->popup(head->mapToGlobal(position));
}

bool FeaturePanel::isColumnShown(FeatureColumn column) const {
  return !table_->isColumnHidden(static_cast<int>(column));
}

void FeaturePanel::showColumn(FeatureColumn column, bool shown) {
  const QHeaderView* head = table_->horizontalHeader();
  const bool last = head->count() - head->hiddenSectionCount() <= 1;
  if (!shown && last && isColumnShown(column)) return;
  wanted_[static_cast<std::size_t>(column)] = shown;
  table_->setColumnHidden(static_cast<int>(column), !shown);
}

QStringList FeaturePanel::columnLayout() const {
  const QHeaderView* head = table_->horizontalHeader();
  QStringList layout;
  for (int visual = 0; visual < head->count(); ++visual) {
    const int logical = head->logicalIndex(visual);
    const auto at = static_cast<std::size_t>(logical);
    const int width = head->isSectionHidden(logical) ? kWidths[at] : head->sectionSize(logical);
    layout.append(QStringLiteral("%1:%2:%3")
                      .arg(info(static_cast<FeatureColumn>(logical)).csvName)
                      .arg(width)
                      .arg(wanted_[at] ? 1 : 0));
  }
  return layout;
}

void FeaturePanel::setColumnLayout(const QStringList& layout) {
  QHeaderView* head = table_->horizontalHeader();
  int visual = 0;
  for (const QString& entry : layout) {
    const QStringList parts = entry.split(u':');
    if (parts.size() != 3) continue;
    const auto column = columnWithCsvName(parts[0]);
    const int width = parts[1].toInt();
    if (!column || width < head->minimumSectionSize() || width > 2000) continue;
    const int logical = static_cast<int>(*column);
    head->moveSection(head->visualIndex(logical), visual++);
    wanted_[static_cast<std::size_t>(logical)] = parts[2] != QLatin1String("0");
    table_->setColumnHidden(logical, false);  // a hidden section takes no width
    head->resizeSection(logical, width);
  }
  hideColumns();
  fitColumns();
}

void FeaturePanel::resetColumns() {
  QHeaderView* head = table_->horizontalHeader();
  for (int logical = 0; logical < head->count(); ++logical) {
    const auto at = static_cast<std::size_t>(logical);
    head->moveSection(head->visualIndex(logical), logical);
    table_->setColumnHidden(logical, false);
    head->resizeSection(logical, kWidths[at]);
    wanted_[at] = shownFirst(static_cast<FeatureColumn>(logical));
  }
  hideColumns();
  fitColumns();
}

/// The labels take the room that is left.
void FeaturePanel::fitColumns() {
  table_->setFlexibleColumn(static_cast<int>(FeatureColumn::Label), kNarrowestLabels);
}

}  // namespace featurescope
