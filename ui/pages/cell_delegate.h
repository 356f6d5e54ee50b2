// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/table_delegate.h"

namespace featurescope {

/// Paints a CellTableModel.
class CellDelegate final : public TableDelegate {
  Q_OBJECT
 public:
  using TableDelegate::TableDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
};

}  // namespace featurescope
