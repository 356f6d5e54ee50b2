// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/result_table.h"

#include <QHeaderView>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace featurescope {

constexpr int kNarrowest = 40;
constexpr int kSmallHeadHeight = 22;
constexpr double kMarkedShare = 0.4;  ///< of the activation colour

void ResultDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const {
  painter->save();
  const QColor ground = paintGround(*painter, option, index);
  double share = index.data(ResultTableModel::ShareRole).toDouble();
  const int tone = index.data(ResultTableModel::ToneRole).toInt();
  const auto kind = static_cast<ResultKind>(index.data(ResultTableModel::KindRole).toInt());
  const QString text = index.data(Qt::DisplayRole).toString();
  if (kind == ResultKind::Token && !text.isEmpty() && text == marked_) share = kMarkedShare;
  QColor ink = kind == ResultKind::Link               ? colors().link
               : quiet_ && kind == ResultKind::Number ? colors().dim
                                                      : colors().text;
  if (tone != 0) ink = tone > 0 ? colors().positive : colors().negative;
  if (share > 0) {
    const QRectF box = QRectF(option.rect).adjusted(2, 3, -2, -3);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(ground, colors().activation, std::min(share, 1.0)));
    painter->drawRoundedRect(box, 3, 3);
    if (share > 0.5) ink = colors().activationText;
  }
  if (kind == ResultKind::Number) {
    paintNumber(*painter, option.rect, text, ink);
  } else if (kind == ResultKind::Token) {
    paintToken(*painter, option.rect, text, ink);
  } else if (kind == ResultKind::Context) {
    painter->setPen(colors().dim);
    const QRect cell = option.rect.adjusted(kCellPadding, 0, -kCellPadding, 0);
    painter->drawText(cell, Qt::AlignVCenter | Qt::AlignRight,
                      painter->fontMetrics().elidedText(text, Qt::ElideLeft, cell.width()));
  } else {
    paintText(*painter, option.rect, text, ink);
  }
  painter->restore();
}

ResultTable::ResultTable(Size size, QWidget* parent)
    : DataTable(ResultTableModel::PlainRole, parent), size_(size) {
  setModel(&model_);
  setItemDelegate(&delegate_);
  horizontalHeader()->setSectionsClickable(false);
  if (size == Size::Small) {
    delegate_.setQuiet(true);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setProperty("role", "small");
    verticalHeader()->setMinimumSectionSize(kSmallRowHeight);
    verticalHeader()->setDefaultSectionSize(kSmallRowHeight);
    horizontalHeader()->setFixedHeight(kSmallHeadHeight);
  }
  connect(this, &QAbstractItemView::clicked, this, &ResultTable::follow);
  connect(this, &QAbstractItemView::activated, this, &ResultTable::follow);
}

bool ResultTable::leadsSomewhere(const QModelIndex& index) const {
  return index.isValid() &&
         (model_.key(index.row()) >= 0 ||
          (model_.kind(index.column()) == ResultKind::Token && !index.data().toString().isEmpty()));
}

void ResultTable::follow(const QModelIndex& index) {
  if (!leadsSomewhere(index)) return;
  const std::int64_t key = model_.key(index.row());
  if (key >= 0) {
    emit featureChosen(FeatureId{static_cast<std::int32_t>(key)});
  } else {
    emit tokenChosen(index.data().toString());
  }
}

void ResultTable::mouseMoveEvent(QMouseEvent* event) {
  DataTable::mouseMoveEvent(event);
  viewport()->setCursor(leadsSomewhere(indexAt(event->position().toPoint()))
                            ? Qt::PointingHandCursor
                            : Qt::ArrowCursor);
}

void ResultTable::markToken(const QString& token) {
  if (delegate_.marked() == token) return;
  delegate_.setMarked(token);
  viewport()->update();
}

void ResultTable::setColors(const PageColors& colors) {
  delegate_.setColors(colors);
  viewport()->update();
}

void ResultTable::setTable(std::vector<ResultColumn> columns, std::vector<ResultRow> rows,
                           const std::vector<int>& widths, int flexible) {
  setFlexibleColumn(-1, kNarrowest);  // else it takes the room of widths that come
  model_.setTable(std::move(columns), std::move(rows));
  for (std::size_t i = 0; i < widths.size(); ++i) {
    setColumnWidth(static_cast<int>(i), widths[i]);
  }
  setFlexibleColumn(flexible, kNarrowest);
  if (size_ == Size::Small) {
    setFixedHeight(horizontalHeader()->height() + model_.rowCount() * kSmallRowHeight + 2);
  }
}

}  // namespace featurescope
