// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/table_delegate.h"

namespace featurescope {

/// Paints the feature table: the density with its bar, tokens in monospace, dead features faint.
class FeatureDelegate final : public TableDelegate {
  Q_OBJECT
 public:
  using TableDelegate::TableDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;

 private:
  void paintBar(QPainter& painter, const QRect& cell, double share) const;
};

}  // namespace featurescope
