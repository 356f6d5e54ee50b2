// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/table_delegate.h"

#include "ui/pages/data_table.h"
#include "ui/pages/fonts.h"

#include <QPainter>

namespace featurescope {

TableDelegate::TableDelegate(QObject* parent)
    : QStyledItemDelegate(parent),
      numbers_(textFont(12)),
      tokens_(tokenFont(12)),
      texts_(textFont(12)) {}

QSize TableDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QSize size = QStyledItemDelegate::sizeHint(option, index);
  size.setHeight(kRowHeight);
  return size;
}

QColor TableDelegate::paintGround(QPainter& painter, const QStyleOptionViewItem& option,
                                  const QModelIndex& index) const {
  const auto* table = qobject_cast<const DataTable*>(option.widget);
  QColor ground = colors_.background;
  if (option.state.testFlag(QStyle::State_Selected)) {
    ground = colors_.selection;
  } else if (table != nullptr && table->hoveredRow() == index.row()) {
    ground = colors_.hover;
  }
  painter.fillRect(option.rect, ground);
  painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1),
                   colors_.hairline);
  return ground;
}

void TableDelegate::paintNumber(QPainter& painter, const QRect& cell, const QString& text,
                                const QColor& color) const {
  painter.setPen(color);
  numbers_.draw(painter, QRectF(cell.adjusted(kCellPadding, 0, -kCellPadding, 0)), text);
}

void TableDelegate::paintToken(QPainter& painter, const QRect& cell, const QString& text,
                               const QColor& color) const {
  painter.setPen(color);
  paintElided(painter, cell, text, tokens_);
}

void TableDelegate::paintText(QPainter& painter, const QRect& cell, const QString& text,
                              const QColor& color) const {
  painter.setPen(color);
  paintElided(painter, cell, text, texts_);
}

void TableDelegate::paintElided(QPainter& painter, const QRect& cell, const QString& text,
                                const WordPainter& words) {
  const QRectF inner = cell.adjusted(kCellPadding, 0, -kCellPadding, 0);
  words.draw(painter, inner.left(), baselineIn(inner, words.metrics()),
             words.elided(text, inner.width(), Qt::ElideRight));
}

}  // namespace featurescope
