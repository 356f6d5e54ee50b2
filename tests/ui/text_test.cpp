// SPDX-License-Identifier: GPL-3.0-or-later
// Text drawn word by word and numbers drawn digit by digit are what Qt draws of the whole.
#include "ui/pages/fonts.h"
#include "ui/pages/tabular_text.h"
#include "ui/pages/word_painter.h"

#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <QTest>

#include <cmath>

using namespace featurescope;

namespace {

constexpr double kLeft = 10;
constexpr double kBaseline = 30;

template <class Draw>
QImage drawn(const Draw& draw) {
  QImage image(700, 40, QImage::Format_RGB32);
  image.fill(Qt::white);
  QPainter painter(&image);
  painter.setPen(Qt::black);
  draw(painter);
  return image;
}

QImage byQt(const QFont& font, const QString& text) {
  return drawn([&](QPainter& painter) {
    painter.setFont(font);
    painter.drawText(QPointF(kLeft, kBaseline), text);
  });
}

QImage byWords(const WordPainter& words, const QString& text) {
  return drawn([&](QPainter& painter) { words.draw(painter, kLeft, kBaseline, text); });
}

}  // namespace

class TextTest : public QObject {
  Q_OBJECT
 private slots:
  void wordsAreDrawnAsTheWholeText_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("English") << " the river's bank, AVATAR To 3.14 (office) and so on";
    QTest::newRow("spaces") << "   before,  between and after  ";
    QTest::newRow("spaces alone") << "    ";
    QTest::newRow("nothing") << "";
    QTest::newRow("accents") << QString::fromUtf8("na\u00EFve cafe\u0301 \u00FCber");
    QTest::newRow("Chinese") << QString::fromUtf8("\u6CB3\u5CB8 \u6CB3");
    QTest::newRow("Hebrew") << QString::fromUtf8(
        "the \u05E0\u05D4\u05E8 \u05D2\u05D3\u05D5\u05DC \u05DE\u05D0\u05D5\u05D3 bank");
    QTest::newRow("Arabic") << QString::fromUtf8(
        "\u0627\u0644\u0646\u0647\u0631 \u0643\u0628\u064A\u0631");
    QTest::newRow("emoji") << QString::fromUtf8("a \U0001F30A wave");
  }

  void wordsAreDrawnAsTheWholeText() {
    QFETCH(QString, text);
    for (const QFont& font : {textFont(12), tokenFont(12)}) {
      const WordPainter words(font);
      const double width = QFontMetricsF(font).horizontalAdvance(text);
      QVERIFY2(std::abs(words.width(text) - width) < 0.1,
               qPrintable(QString("%1 instead of %2").arg(words.width(text)).arg(width)));
      const QImage expected = byQt(font, text);
      QCOMPARE(byWords(words, text), expected);
      QCOMPARE(byWords(words, text), expected);  // from what is remembered as well
    }
  }

  void aTextOfSeveralLinesStaysOnItsOwn() {
    const WordPainter words(textFont(12));
    const QString text = QString("one\ntwo\tthree\u2028four\u2029five\rsix");
    const QString expected = "one two three four five six";
    QCOMPARE(words.width(text), words.width(expected));
    QCOMPARE(byWords(words, text), byWords(words, expected));
  }

  void whatIsElidedFitsAndTheRestIsLeftAlone() {
    const WordPainter words(textFont(12));
    const QString text = "a text of several words";
    QCOMPARE(words.elided(text, words.width(text), Qt::ElideRight), text);
    const QString cut = words.elided(text, words.width(text) - 20, Qt::ElideRight);
    QVERIFY(cut.endsWith(QChar(0x2026)));
    QVERIFY(words.width(cut) <= words.width(text) - 20);
  }

  void whatIsForgottenIsMeasuredAgain() {
    const WordPainter words(textFont(12));
    const QFontMetricsF metrics(textFont(12));
    for (int round = 0; round < 2; ++round) {
      for (int number = 0; number < 5000; ++number) {  // more than are remembered
        const QString text = QString("w%1").arg(number);
        if (words.width(text) != metrics.horizontalAdvance(text)) QFAIL(qPrintable(text));
      }
    }
  }

  void numbersOfOneLengthAreOneWidth() {
    const TabularText numbers(textFont(12));
    QCOMPARE(numbers.width(u"1111.11"), numbers.width(u"8064.97"));
    QCOMPARE(numbers.width(u"+0.5"), numbers.width(u"\u22120.5"));
  }
};

QTEST_MAIN(TextTest)
#include "text_test.moc"
