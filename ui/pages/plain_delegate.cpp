// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/plain_delegate.h"

#include "ui/models/number_format.h"

#include <QPainter>

namespace featurescope {

void PlainDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
  painter->save();
  paintGround(*painter, option, index);
  const QString text = index.data().toString();
  const auto alignment = index.data(Qt::TextAlignmentRole).value<Qt::Alignment>();
  if (alignment.testFlag(Qt::AlignRight)) {
    QColor color = colors().text;
    if (signed_.contains(index.column())) {
      color = text.startsWith(kMinus) ? colors().negative : colors().positive;
    }
    paintNumber(*painter, option.rect, text, color);
  } else {
    paintToken(*painter, option.rect, text, colors().text);
  }
  painter->restore();
}

}  // namespace featurescope
