// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page_colors.h"
#include "ui/pages/tabular_text.h"
#include "ui/pages/word_painter.h"

#include <QStyledItemDelegate>

namespace featurescope {

inline constexpr int kRowHeight = 24;
inline constexpr int kSmallRowHeight = 20;  ///< of tables beside others
inline constexpr int kCellPadding = 8;

/// What our tables paint alike: the row's ground, the hairline below it, tabular numbers.
class TableDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  explicit TableDelegate(QObject* parent = nullptr);

  void setColors(const PageColors& colors) { colors_ = colors; }

  [[nodiscard]] const TabularText& numbers() const { return numbers_; }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 protected:
  /// Paints the ground, lit where the mouse is anywhere in the row, and returns its colour.
  QColor paintGround(QPainter& painter, const QStyleOptionViewItem& option,
                     const QModelIndex& index) const;
  void paintNumber(QPainter& painter, const QRect& cell, const QString& text,
                   const QColor& color) const;
  void paintToken(QPainter& painter, const QRect& cell, const QString& text,
                  const QColor& color) const;
  void paintText(QPainter& painter, const QRect& cell, const QString& text,
                 const QColor& color) const;
  /// The words of running text, as paintText draws them.
  [[nodiscard]] const WordPainter& words() const { return texts_; }
  [[nodiscard]] const PageColors& colors() const { return colors_; }

 private:
  PageColors colors_;
  TabularText numbers_;
  WordPainter tokens_, texts_;

  static void paintElided(QPainter& painter, const QRect& cell, const QString& text,
                          const WordPainter& words);
};

}  // namespace featurescope
