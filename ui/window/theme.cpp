// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/theme.h"

#include <QApplication>
#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>

#include <utility>

namespace featurescope {

Theme Theme::light() {
  Theme t;
  t.chrome = "#f3f3f1";
  t.window = "#fbfbfa";
  t.surface = "#ffffff";
  t.text = "#26262b";
  t.dim = "#62626b";
  t.faint = "#6e6e76";
  t.hairline = "#eeeeec";
  t.border = "#dcdcd8";
  t.hover = "#f4f6f8";
  t.selection = "#dfe9f2";
  t.accent = "#2c5a8c";
  t.accentHover = "#244c77";
  t.accentText = "#ffffff";
  t.link = "#2c5a8c";
  t.bar = "#c5d5e6";
  t.chip = "#e6eef6";
  t.activation = "#f0964a";
  t.activationText = "#2b1a0c";
  t.star = "#8f5a12";
  t.positive = "#1b6b3d";
  t.negative = "#a93125";
  t.warning = "#fdf1dd";
  return t;
}

Theme Theme::darkOne() {
  Theme t;
  t.dark = true;
  t.chrome = "#202124";
  t.window = "#1a1b1d";
  t.surface = "#17181a";
  t.text = "#e3e3e6";
  t.dim = "#a3a3ac";
  t.faint = "#8e8e97";
  t.hairline = "#26272a";
  t.border = "#35363a";
  t.hover = "#202226";
  t.selection = "#263a50";
  t.accent = "#3a70a8";
  t.accentHover = "#3f77b1";
  t.accentText = "#ffffff";
  t.link = "#8abaf0";
  t.bar = "#4a6d92";
  t.chip = "#263545";
  t.activation = "#e08a3e";
  t.activationText = "#1a0f06";
  t.star = "#e0a040";
  t.positive = "#5cc088";
  t.negative = "#f08a7e";
  t.warning = "#3a3020";
  return t;
}

namespace {

/// The names that the style sheet uses.
QList<std::pair<QString, QColor>> namedColors(const Theme& t) {
  return {{"@accentHover", t.accentHover},
          {"@accentText", t.accentText},
          {"@accent", t.accent},
          {"@chrome", t.chrome},
          {"@window", t.window},
          {"@surface", t.surface},
          {"@text", t.text},
          {"@dim", t.dim},
          {"@faint", t.faint},
          {"@hairline", t.hairline},
          {"@border", t.border},
          {"@hover", t.hover},
          {"@selection", t.selection},
          {"@link", t.link},
          {"@star", t.star},
          {"@bar", t.bar},
          {"@chip", t.chip},
          {"@positive", t.positive},
          {"@negative", t.negative},
          {"@warning", t.warning}};
}

bool desktopIsDark() {
  // Our own palette hides the desktop's: take it away for the look.
  QApplication::setPalette(QPalette());
  return QApplication::palette().color(QPalette::Window).lightness() < 128;
}

}  // namespace

QPalette Theme::palette() const {
  QPalette p;
  p.setColor(QPalette::Window, window);
  p.setColor(QPalette::WindowText, text);
  p.setColor(QPalette::Base, surface);
  p.setColor(QPalette::AlternateBase, chrome);
  p.setColor(QPalette::Text, text);
  p.setColor(QPalette::Button, chrome);
  p.setColor(QPalette::ButtonText, text);
  p.setColor(QPalette::PlaceholderText, faint);
  p.setColor(QPalette::Highlight, accent);
  p.setColor(QPalette::HighlightedText, accentText);
  p.setColor(QPalette::Link, link);
  p.setColor(QPalette::LinkVisited, link);
  p.setColor(QPalette::ToolTipBase, dark ? border : text);
  p.setColor(QPalette::ToolTipText, dark ? text : window);
  p.setColor(QPalette::Light, surface);
  p.setColor(QPalette::Midlight, hairline);
  p.setColor(QPalette::Mid, border);
  p.setColor(QPalette::Dark, border);
  p.setColor(QPalette::Shadow, border);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    p.setColor(QPalette::Disabled, role, faint);
  }
  return p;
}

QString Theme::styleSheet() const {
  QFile file(":/style/window.qss");
  if (!file.open(QIODevice::ReadOnly)) return {};
  QString sheet = QString::fromUtf8(file.readAll());
  // Names that begin alike stand the longer one first in the list.
  for (const auto& [name, color] : namedColors(*this)) sheet.replace(name, color.name());
  return sheet;
}

PageColors Theme::pageColors(const QColor& background) const {
  PageColors c;
  c.background = background;
  c.text = text;
  c.dim = dim;
  c.faint = faint;
  c.hairline = hairline;
  c.hover = hover;
  c.selection = selection;
  c.accent = accent;
  c.link = link;
  c.star = star;
  c.bar = bar;
  c.activation = activation;
  c.activationText = activationText;
  c.positive = positive;
  c.negative = negative;
  return c;
}

PlotColors Theme::plotColors() const {
  PlotColors c;
  c.activation = activation;
  c.background = window;
  c.text = text;
  c.dim = dim;
  c.grid = hairline;
  c.cursor = faint;
  if (dark) {
    c.curves = {"#6fa8dc", "#f0964a", "#5cc088", "#d98cc0", "#e6c84f", "#7fd4e0", "#e8796c"};
    c.dead = "#d9594a";
    c.alive = "#8fc1f0";
  } else {
    c.curves = {"#2c5a8c", "#d55e00", "#00805c", "#b0508f", "#a07800", "#3595c4", "#7a4b2a"};
    c.dead = "#d65a49";
    c.alive = "#2c5a8c";
  }
  return c;
}

QIcon Theme::icon(const QString& name, const QColor& color) {
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  if (!file.open(QIODevice::ReadOnly)) return {};
  QByteArray svg = file.readAll();
  svg.replace("#000000", color.name().toLatin1());
  QSvgRenderer renderer(svg);
  QIcon icon;
  for (const int scale : {1, 2, 3}) {
    QPixmap pixmap(16 * scale, 16 * scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter);
    painter.end();
    pixmap.setDevicePixelRatio(scale);
    icon.addPixmap(pixmap);
  }
  return icon;
}

Theme themeOf(ThemeChoice choice) {
  const bool dark =
      choice == ThemeChoice::Dark || (choice == ThemeChoice::System && desktopIsDark());
  return dark ? Theme::darkOne() : Theme::light();
}

void apply(const Theme& theme) {
  if (QApplication::style()->name() != QLatin1String("fusion")) {
    QApplication::setStyle(QStyleFactory::create("Fusion"));
  }
  QApplication::setPalette(theme.palette());
  qApp->setStyleSheet(theme.styleSheet());
}

}  // namespace featurescope
