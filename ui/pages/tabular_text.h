// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QRawFont>
#include <QRectF>
#include <QStringView>

#include <array>

class QPainter;

namespace featurescope {

/// Draws numbers with digits of one width, so that columns of them line up. (Qt 6.4 has no way to
/// ask a font for its tabular digits.) Text with other characters than Latin-1 and the few signs of
/// number_format.h is drawn as usual.
class TabularText {
 public:
  explicit TabularText(const QFont& font);

  [[nodiscard]] double width(QStringView text) const;
  /// Right-aligned and vertically centred in `cell`, in the painter's pen.
  void draw(QPainter& painter, const QRectF& cell, QStringView text) const;

 private:
  struct Glyph {
    quint32 index = 0;   ///< 0: the font has none
    double advance = 0;  ///< of its cell
    double shift = 0;    ///< of the glyph in its cell
  };
  [[nodiscard]] Glyph glyph(QChar character) const;
  [[nodiscard]] bool covers(QStringView text) const;
  [[nodiscard]] Glyph measure(QChar character) const;

  QFont font_;
  QRawFont raw_;
  double digitWidth_ = 0;
  std::array<Glyph, 128> ascii_{};
  Glyph minus_, dash_;
};

}  // namespace featurescope
