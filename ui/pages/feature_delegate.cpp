// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/feature_delegate.h"

#include "ui/models/feature_table_model.h"
#include "ui/models/number_format.h"

#include <QPainter>

#include <algorithm>

namespace featurescope {

void FeatureDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const {
  painter->save();
  paintGround(*painter, option, index);
  const auto column = static_cast<FeatureColumn>(index.column());
  const QString text = index.data(Qt::DisplayRole).toString();
  const bool dead = index.data(FeatureTableModel::DeadRole).toBool();
  const QColor quiet =
      option.state.testFlag(QStyle::State_Selected) ? colors().dim : colors().faint;
  QColor color = dead || text == kDash ? quiet : colors().text;
  if (!dead && (column == FeatureColumn::Scale || column == FeatureColumn::Shift)) {
    const double neutral = column == FeatureColumn::Scale ? 1 : 0;
    const double value = index.data(FeatureTableModel::PlainRole).toDouble();
    if (value - neutral > 0.05) color = colors().positive;
    if (value - neutral < -0.05) color = colors().negative;
  }
  if (column == FeatureColumn::Bookmark) {
    painter->setPen(colors().star);
    painter->drawText(option.rect, Qt::AlignCenter, text);
  } else if (column == FeatureColumn::Label) {
    paintText(*painter, option.rect, text, color);
  } else if (column == FeatureColumn::TopToken) {
    paintToken(*painter, option.rect, text, color);
  } else {
    if (column == FeatureColumn::Density && !dead) {
      paintBar(*painter, option.rect, index.data(FeatureTableModel::BarRole).toDouble());
    }
    paintNumber(*painter, option.rect, text, color);
  }
  painter->restore();
}

/// The bar grows leftwards from where the number's column begins, so that its ends line up.
void FeatureDelegate::paintBar(QPainter& painter, const QRect& cell, double share) const {
  const double numberWidth = numbers().width(QStringLiteral("00.00%")) + 6;
  const double right = cell.right() - kCellPadding - numberWidth;
  const double room = right - cell.left() - kCellPadding;
  if (room < 4 || share <= 0) return;
  const double width = std::max(1.0, room * share);
  painter.fillRect(QRectF(right - width, cell.center().y() - 3.5, width, 8), colors().bar);
}

}  // namespace featurescope
