// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tabular_text.h"

#include "ui/models/number_format.h"
#include "ui/pages/word_painter.h"

#include <QFontMetricsF>
#include <QGlyphRun>
#include <QPainter>

#include <algorithm>

namespace featurescope {

TabularText::TabularText(const QFont& font) : font_(font), raw_(QRawFont::fromFont(font)) {
  if (!raw_.isValid()) return;
  for (char digit = '0'; digit <= '9'; ++digit) {
    digitWidth_ = std::max(digitWidth_, measure(QLatin1Char(digit)).advance);
  }
  for (std::size_t code = 32; code < ascii_.size(); ++code) {
    ascii_[code] = measure(QChar(static_cast<char16_t>(code)));
    if (code >= '0' && code <= '9') {
      ascii_[code].shift = (digitWidth_ - ascii_[code].advance) / 2;
      ascii_[code].advance = digitWidth_;
    }
  }
  minus_ = measure(kMinus);
  dash_ = measure(kDash);
  // Plus and minus share a width too: a column of cosines has its digits below each other anyway,
  // but its signs as well.
  Glyph& plus = ascii_['+'];
  const double signWidth = std::max(plus.advance, minus_.advance);
  for (Glyph* sign : {&plus, &minus_}) {
    sign->shift = (signWidth - sign->advance) / 2;
    sign->advance = signWidth;
  }
}

TabularText::Glyph TabularText::measure(QChar character) const {
  const QList<quint32> indexes = raw_.glyphIndexesForString(QString(character));
  if (indexes.size() != 1 || indexes.first() == 0) return {};
  return {indexes.first(), raw_.advancesForGlyphIndexes(indexes).first().x(), 0};
}

TabularText::Glyph TabularText::glyph(QChar character) const {
  if (character == kMinus) return minus_;
  if (character == kDash) return dash_;
  return character.unicode() < ascii_.size() ? ascii_[character.unicode()] : Glyph{};
}

bool TabularText::covers(QStringView text) const {
  return raw_.isValid() &&
         std::all_of(text.begin(), text.end(), [this](QChar c) { return glyph(c).index != 0; });
}

double TabularText::width(QStringView text) const {
  if (!covers(text)) return QFontMetricsF(font_).horizontalAdvance(text.toString());
  double total = 0;
  for (const QChar character : text) total += glyph(character).advance;
  return total;
}

void TabularText::draw(QPainter& painter, const QRectF& cell, QStringView text) const {
  if (!covers(text)) {
    painter.setFont(font_);
    painter.drawText(cell, Qt::AlignRight | Qt::AlignVCenter, text.toString());
    return;
  }
  QList<quint32> indexes;
  QList<QPointF> positions;
  double x = 0;
  for (const QChar character : text) {
    const Glyph drawn = glyph(character);
    indexes.append(drawn.index);
    positions.append(QPointF(x + drawn.shift, 0));
    x += drawn.advance;
  }
  QGlyphRun run;
  run.setRawFont(raw_);
  run.setGlyphIndexes(indexes);
  run.setPositions(positions);
  painter.drawGlyphRun(QPointF(cell.right() - x, baselineIn(cell, QFontMetricsF(font_))), run);
}

}  // namespace featurescope
