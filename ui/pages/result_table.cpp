// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/result_table.h"

#include <QHeaderView>
#include <QPainter>

#include <algorithm>

namespace featurescope {

constexpr int kNarrowest = 60;

void ResultDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const {
  painter->save();
  const QColor ground = paintGround(*painter, option, index);
  const double share = index.data(ResultTableModel::ShareRole).toDouble();
  const int tone = index.data(ResultTableModel::ToneRole).toInt();
  QColor ink = tone > 0 ? colors().positive : tone < 0 ? colors().negative : colors().text;
  if (share > 0) {
    const QRectF box = QRectF(option.rect).adjusted(2, 3, -2, -3);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(ground, colors().activation, std::min(share, 1.0)));
    painter->drawRoundedRect(box, 3, 3);
    if (share > 0.5) ink = colors().activationText;
  }
  const QString text = index.data(Qt::DisplayRole).toString();
  const auto kind = static_cast<ResultKind>(index.data(ResultTableModel::KindRole).toInt());
  if (kind == ResultKind::Number) {
    paintNumber(*painter, option.rect, text, ink);
  } else if (kind == ResultKind::Token) {
    paintToken(*painter, option.rect, text, ink);
  } else {
    const bool context = kind == ResultKind::Context;
    painter->setPen(context ? colors().dim : ink);
    const QRect cell = option.rect.adjusted(kCellPadding, 0, -kCellPadding, 0);
    painter->drawText(cell, Qt::AlignVCenter | (context ? Qt::AlignRight : Qt::AlignLeft),
                      painter->fontMetrics().elidedText(
                          text, context ? Qt::ElideLeft : Qt::ElideRight, cell.width()));
  }
  painter->restore();
}

ResultTable::ResultTable(QWidget* parent) : DataTable(ResultTableModel::PlainRole, parent) {
  setModel(&model_);
  setItemDelegate(&delegate_);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  connect(this, &QAbstractItemView::clicked, this,
          [this](const QModelIndex& index) { emit rowChosen(model_.key(index.row())); });
  connect(this, &QAbstractItemView::activated, this,
          [this](const QModelIndex& index) { emit rowChosen(model_.key(index.row())); });
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
}

}  // namespace featurescope
