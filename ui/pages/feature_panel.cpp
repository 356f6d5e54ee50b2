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
constexpr std::array<int, kFeatureColumnCount> kWidths{58, 104, 90, 56, 56, 110,
                                                       80, 58,  62, 58, 58};

constexpr int kNarrowestTokens = 92;

/// Where the largest is the most interesting, the first click sorts downwards.
bool descendsFirst(FeatureColumn column) {
  return column != FeatureColumn::Feature && column != FeatureColumn::TopToken;
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

void FeaturePanel::setFeatures(std::shared_ptr<const FeatureColumns> features) {
  const QScopedValueRollback quiet(quiet_, true);
  const QStringList layout = columnLayout();
  current_.reset();
  model_->setFeatures(std::move(features));
  giveFirstWidths();
  filterBar_->setMatchCount(model_->rowCount(), model_->totalCount());
  setColumnLayout(layout);
  table_->scrollToTop();
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
  table_->setColumnHidden(static_cast<int>(column), !shown);
}

QStringList FeaturePanel::columnLayout() const {
  const QHeaderView* head = table_->horizontalHeader();
  QStringList layout;
  for (int visual = 0; visual < head->count(); ++visual) {
    const int logical = head->logicalIndex(visual);
    const bool hidden = head->isSectionHidden(logical);
    const int width =
        hidden ? kWidths[static_cast<std::size_t>(logical)] : head->sectionSize(logical);
    layout.append(QStringLiteral("%1:%2:%3")
                      .arg(info(static_cast<FeatureColumn>(logical)).csvName)
                      .arg(width)
                      .arg(hidden ? 0 : 1));
  }
  // What only a fine-tuned index shows keeps its place while another index is open.
  for (const QString& entry : rememberedLayout_) {
    const QString name = entry.section(u':', 0, 0);
    const bool present = std::any_of(layout.begin(), layout.end(), [&](const QString& other) {
      return other.section(u':', 0, 0) == name;
    });
    if (!present) layout.append(entry);
  }
  return layout;
}

void FeaturePanel::setColumnLayout(const QStringList& layout) {
  rememberedLayout_ = layout;
  QHeaderView* head = table_->horizontalHeader();
  int visual = 0;
  for (const QString& entry : layout) {
    const QStringList parts = entry.split(u':');
    if (parts.size() != 3) continue;
    const auto column = columnWithCsvName(parts[0]);
    const int logical = column ? static_cast<int>(*column) : head->count();
    const int width = parts[1].toInt();
    if (logical >= head->count() || width < head->minimumSectionSize() || width > 2000) continue;
    head->moveSection(head->visualIndex(logical), visual++);
    showColumn(*column, parts[2] != QLatin1String("0"));
    if (parts[2] != QLatin1String("0")) head->resizeSection(logical, width);
  }
  fitColumns();
}

void FeaturePanel::resetColumns() {
  QHeaderView* head = table_->horizontalHeader();
  for (int logical = 0; logical < head->count(); ++logical) {
    head->moveSection(head->visualIndex(logical), logical);
    table_->setColumnHidden(logical, false);
  }
  giveFirstWidths();
  rememberedLayout_.clear();
  fitColumns();
}

void FeaturePanel::giveFirstWidths() {
  QHeaderView* head = table_->horizontalHeader();
  for (int logical = 0; logical < head->count(); ++logical) {
    if (!head->isSectionHidden(logical)) {
      head->resizeSection(logical, kWidths[static_cast<std::size_t>(logical)]);
    }
  }
}

/// The tokens take the room that is left.
void FeaturePanel::fitColumns() {
  table_->setFlexibleColumn(static_cast<int>(FeatureColumn::TopToken), kNarrowestTokens);
}

}  // namespace featurescope
