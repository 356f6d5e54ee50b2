// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QFontMetricsF>
#include <QHash>
#include <QRectF>
#include <QStaticText>
#include <QString>

class QPainter;

namespace featurescope {

/// Measures and draws lines of plain text word by word and remembers each word's glyphs: finding
/// them (shaping) is what text costs, and the words of a page come again and again. A word is what
/// stands from one run of spaces to the next, so letters that join or kern are shaped together; a
/// line with text from right to left stays whole. Ends of lines and tabs are spaces. For the GUI
/// thread.
class WordPainter {
 public:
  explicit WordPainter(const QFont& font);

  [[nodiscard]] const QFontMetricsF& metrics() const { return metrics_; }
  [[nodiscard]] double width(const QString& text) const;
  /// In the painter's pen, from `x` on, standing on `baseline`. Sets the painter's font.
  void draw(QPainter& painter, double x, double baseline, const QString& text) const;
  /// What fits into `width` of it, with an ellipsis for the rest.
  [[nodiscard]] QString elided(const QString& text, double width, Qt::TextElideMode mode) const;

 private:
  struct Word {
    QStaticText glyphs;
    double advance = 0;
    double ascent = 0;  ///< more than the font's where another has the letters
  };
  /// Valid until the next call.
  [[nodiscard]] const Word& word(const QString& text) const;

  QFont font_;
  QFontMetricsF metrics_;
  mutable QHash<QString, Word> words_;  ///< what is remembered shows in no result
};

/// Where a line stands that is vertically centred in `cell`.
[[nodiscard]] inline double baselineIn(const QRectF& cell, const QFontMetricsF& metrics) {
  return cell.top() + (cell.height() - metrics.height()) / 2 + metrics.ascent();
}

}  // namespace featurescope
