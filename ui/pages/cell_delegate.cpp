// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/cell_delegate.h"

#include "ui/models/cell_table_model.h"
#include "ui/models/number_format.h"

#include <QPainter>

namespace featurescope {

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
  const auto* model = qobject_cast<const CellTableModel*>(index.model());
  if (model == nullptr) return;
  painter->save();
  paintGround(*painter, option, index);
  const Cell& cell = model->cell(index.row(), index.column());
  switch (cell.kind) {
    case Cell::Kind::Token:
      paintToken(*painter, option.rect, cell.text, colors().text);
      break;
    case Cell::Kind::Number:
      paintNumber(*painter, option.rect, cell.text, colors().dim);
      break;
    case Cell::Kind::Signed:
      paintNumber(*painter, option.rect, cell.text,
                  cell.text.startsWith(kMinus) ? colors().negative : colors().positive);
      break;
    case Cell::Kind::Text:
      paintText(*painter, option.rect, cell.text, colors().text);
      break;
    case Cell::Kind::Link:
      paintText(*painter, option.rect, cell.text, colors().link);
      break;
  }
  painter->restore();
}

}  // namespace featurescope
