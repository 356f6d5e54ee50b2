// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/table_delegate.h"

#include <set>

namespace featurescope {

/// Paints any table of tokens and numbers: what is aligned right is a number, the rest tokens.
class PlainDelegate final : public TableDelegate {
  Q_OBJECT
 public:
  using TableDelegate::TableDelegate;
  /// Columns whose sign has a colour.
  void setSignedColumns(std::set<int> columns) { signed_ = std::move(columns); }
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;

 private:
  std::set<int> signed_;
};

}  // namespace featurescope
