// SPDX-License-Identifier: GPL-3.0-or-later
// What can be read, by everybody: contrast after WCAG 2.1, and colours apart in grey.
#include "ui/window/theme.h"

#include "ui/plots/figure_style.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace featurescope;

namespace {

constexpr double kReadable = 4.5;  ///< WCAG 2.1, 1.4.3: text
constexpr double kVisible = 3;     ///< WCAG 2.1, 1.4.11: what carries meaning and is no text
constexpr double kApartInGrey = 1.5;

double luminance(const QColor& color) {
  const auto linear = [](double channel) {
    return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
         0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b) {
  const auto [darker, lighter] = std::minmax({luminance(a), luminance(b)});
  return (lighter + 0.05) / (darker + 0.05);
}

void verifyReadable(const QColor& ink, const QColor& ground, const char* what) {
  const double reached = contrast(ink, ground);
  QVERIFY2(reached >= kReadable, qPrintable(QString("%1: %2 on %3 has %4")
                                                .arg(QLatin1String(what), ink.name(), ground.name())
                                                .arg(reached)));
}

}  // namespace

class ThemeTest : public QObject {
  Q_OBJECT
 private slots:
  void theContrastOfBlackOnWhiteIs21() {
    QVERIFY(std::abs(contrast(Qt::black, Qt::white) - 21) < 1e-9);
    QVERIFY(std::abs(contrast("#767676", Qt::white) - 4.54) < 0.01);
  }

  void everyTextCanBeRead() {
    for (const Theme& t : {Theme::light(), Theme::darkOne()}) {
      for (const QColor& ground :
           {t.surface, t.window, t.chrome, t.hover, t.selection, t.warning}) {
        verifyReadable(t.text, ground, "text");
        verifyReadable(t.dim, ground, "dim");
        verifyReadable(t.link, ground, "link");
        verifyReadable(t.star, ground, "star");
        verifyReadable(t.positive, ground, "positive");
        verifyReadable(t.negative, ground, "negative");
      }
      for (const QColor& ground : {t.surface, t.window, t.hover}) {
        verifyReadable(t.faint, ground, "faint");
      }
      for (const QColor& ground : {t.accent, t.accentHover}) {
        verifyReadable(t.accentText, ground, "button");
      }
      verifyReadable(t.link, t.chip, "chip");
      verifyReadable(t.activationText, t.activation, "peak");
    }
  }

  void curvesStandOutAndDeadAndAliveAreApartInGrey() {
    for (const PlotColors& c : {Theme::light().plotColors(), Theme::darkOne().plotColors(),
                                FigureStyle::paper().colors}) {
      for (const QColor& curve : c.curves) {
        QVERIFY2(contrast(curve, c.background) >= kVisible, qPrintable(curve.name()));
      }
      QVERIFY(contrast(c.dead, c.background) >= kVisible);
      QVERIFY(contrast(c.alive, c.background) >= kVisible);
      QVERIFY(contrast(c.dead, c.alive) >= kApartInGrey);
      verifyReadable(c.text, c.background, "plot text");
      verifyReadable(c.dim, c.background, "axes");
    }
  }
};

QTEST_GUILESS_MAIN(ThemeTest)
#include "theme_test.moc"
