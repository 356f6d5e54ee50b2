// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/index_records.h"
#include "ui/pages/table_delegate.h"

#include <QRectF>
#include <QString>

#include <cstddef>
#include <optional>
#include <vector>

namespace featurescope {

class ExamplesModel;

/// Paints the top activations like a concordance: every context lies so that its peak token is on
/// the column's axis, the peak on a ground that is linear in its activation.
class ActivationDelegate final : public TableDelegate {
  Q_OBJECT
 public:
  explicit ActivationDelegate(QObject* parent = nullptr);

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  /// Names the token under the mouse and its position in the stream.
  bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                 const QModelIndex& index) override;

  /// Which token of the context lies at `x` of a cell; nothing beside them.
  [[nodiscard]] std::optional<std::size_t> tokenAt(const ContextRecord& context, const QRect& cell,
                                                   int x) const;

 private:
  struct PlacedToken {
    std::size_t token;  ///< of the context
    QString text;
    double left, right;
  };
  /// The tokens of a context in sight, each side from the peak outwards.
  struct Line {
    QRectF peak;
    std::vector<PlacedToken> before, after;
  };

  [[nodiscard]] Line lineOf(const ContextRecord& context, const QRect& cell) const;
  [[nodiscard]] QRectF peakBox(const ContextRecord& context, const QRect& cell) const;
  void paintContext(QPainter& painter, const QRect& cell, const ExamplesModel& model, int row,
                    const QColor& ground) const;
  void paintTints(QPainter& painter, const Line& line, const ExamplesModel& model, int row,
                  const QColor& ground) const;
  void paintSides(QPainter& painter, const Line& line, double baseline) const;
};

}  // namespace featurescope
