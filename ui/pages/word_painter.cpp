// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/word_painter.h"

#include <QPainter>
#include <QTextLayout>
#include <QTextOption>
#include <QTransform>

#include <algorithm>

namespace featurescope {
namespace {

constexpr qsizetype kRemembered = 4096;  ///< words, some 4 MB; a page has a thousand

/// Whether the words of a line with this character can't be drawn one after the other: text from
/// right to left, or half of a character, which does not say.
bool keepsLineWhole(QChar character) {
  switch (character.direction()) {
    case QChar::DirR:
    case QChar::DirAL:
    case QChar::DirAN:
    case QChar::DirRLE:
    case QChar::DirRLO:
    case QChar::DirRLI:
      return true;
    default:
      return character.isSurrogate();
  }
}

/// What would begin another line, or leap to a tab's place, is a space in one line.
QString onOneLine(QString text) {
  const auto breaks = [](QChar character) {
    return character == u'\n' || character == u'\r' || character == u'\t' ||
           character == QChar::LineSeparator || character == QChar::ParagraphSeparator;
  };
  if (std::none_of(text.cbegin(), text.cend(), breaks)) return text;
  std::replace_if(text.begin(), text.end(), breaks, u' ');
  return text;
}

/// Calls `take` with every word of the text, its leading spaces included, from the left.
template <class Take>
void eachWord(const QString& asked, const Take& take) {
  const QString text = onOneLine(asked);
  if (std::any_of(text.begin(), text.end(), keepsLineWhole)) {
    take(text);
    return;
  }
  for (qsizetype begin = 0; begin < text.size();) {
    qsizetype end = begin;
    while (end < text.size() && text[end] == u' ') ++end;
    while (end < text.size() && text[end] != u' ') ++end;
    take(text.mid(begin, end - begin));
    begin = end;
  }
}

}  // namespace

WordPainter::WordPainter(const QFont& font) : font_(font), metrics_(font) {}

const WordPainter::Word& WordPainter::word(const QString& text) const {
  const auto known = words_.constFind(text);
  if (known != words_.constEnd()) return *known;
  QTextOption option;
  option.setWrapMode(QTextOption::NoWrap);
  QTextLayout layout(text, font_);
  layout.setTextOption(option);
  layout.beginLayout();
  const QTextLine line = layout.createLine();
  layout.endLayout();

  Word made;
  made.advance = metrics_.horizontalAdvance(text);
  made.ascent = line.isValid() ? line.ascent() : metrics_.ascent();
  made.glyphs.setTextFormat(Qt::PlainText);
  made.glyphs.setTextOption(option);
  made.glyphs.setText(text);
  made.glyphs.prepare(QTransform(), font_);
  if (words_.size() >= kRemembered) words_.clear();
  return *words_.insert(text, made);
}

double WordPainter::width(const QString& text) const {
  double total = 0;
  eachWord(text, [&](const QString& part) { total += word(part).advance; });
  return total;
}

void WordPainter::draw(QPainter& painter, double x, double baseline, const QString& text) const {
  painter.setFont(font_);
  eachWord(text, [&](const QString& part) {
    const Word& drawn = word(part);
    painter.drawStaticText(QPointF(x, baseline - drawn.ascent), drawn.glyphs);
    x += drawn.advance;
  });
}

QString WordPainter::elided(const QString& text, double width, Qt::TextElideMode mode) const {
  return this->width(text) <= width ? text : metrics_.elidedText(text, mode, width);
}

}  // namespace featurescope
