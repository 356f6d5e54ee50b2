// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/figure_style.h"

#include <qcustomplot.h>

#include <array>
#include <cmath>

namespace featurescope {

namespace {

constexpr double kPixelsPerPoint = 96.0 / 72.0;
constexpr double kPaperPoints = 8;

}  // namespace

FigureStyle FigureStyle::paper() {
  FigureStyle style;
  PlotColors& c = style.colors;
  c.background = "#ffffff";
  c.text = "#000000";
  c.dim = "#333333";
  c.grid = "#e4e4e4";
  c.cursor = "#777777";
  c.curves = {"#2c5a8c", "#d55e00", "#00805c", "#b0508f", "#a07800", "#3595c4", "#7a4b2a"};
  c.dead = "#d65a49";
  c.alive = "#2c5a8c";
  c.activation = "#f0964a";
  style.font = QFont(QStringList{"Inter", "Noto Sans", "DejaVu Sans", "Sans Serif"});
  style.font.setPixelSize(static_cast<int>(std::lround(kPaperPoints * kPixelsPerPoint)));
  style.line = 1.2;
  return style;
}

FigureStyle FigureStyle::grayscale() {
  FigureStyle style = paper();
  PlotColors& c = style.colors;
  c.curves = {"#000000", "#5a5a5a", "#8c8c8c", "#000000", "#5a5a5a", "#8c8c8c", "#000000"};
  c.dead = "#8c8c8c";
  c.alive = "#1a1a1a";
  c.activation = "#a6a6a6";
  style.dashes = true;
  return style;
}

FigureStyle FigureStyle::dark() {
  FigureStyle style = paper();
  PlotColors& c = style.colors;
  c.background = "#17181a";
  c.text = "#ffffff";
  c.dim = "#d0d0d6";
  c.grid = "#33343a";
  c.cursor = "#a3a3ac";
  c.curves = {"#6fa8dc", "#f0964a", "#5cc088", "#d98cc0", "#e6c84f", "#7fd4e0", "#e8796c"};
  c.dead = "#e8796c";
  c.alive = "#6fa8dc";
  c.activation = "#a85a18";
  return style;
}

FigureStyle FigureStyle::of(FigureLook look) {
  return look == FigureLook::Grayscale ? grayscale() : look == FigureLook::Dark ? dark() : paper();
}

QPen FigureStyle::pen(std::size_t curve) const {
  constexpr std::array kPatterns{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine,
                                 Qt::DashDotDotLine};
  return {colors.curve(curve), line, dashes ? kPatterns[curve % kPatterns.size()] : Qt::SolidLine};
}

FigureStyle FigureStyle::screen(const PlotColors& colors, const QFont& font) {
  FigureStyle style;
  style.colors = colors;
  style.font = font;
  style.font.setPixelSize(11);
  style.line = 1.4;
  return style;
}

void apply(QCustomPlot& plot, const FigureStyle& style) {
  plot.setBackground(style.colors.background);
  for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
    axis->setTickLabelFont(style.font);
    axis->setLabelFont(style.font);
    axis->setTickLabelColor(style.colors.dim);
    axis->setLabelColor(style.colors.dim);
    axis->setBasePen(QPen(style.colors.cursor, 0.8));
    axis->setTickPen(QPen(style.colors.cursor, 0.8));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLength(0, 3);
    axis->grid()->setPen(QPen(style.colors.grid, 0.8));
    axis->grid()->setZeroLinePen(QPen(style.colors.grid, 0.8));
    axis->grid()->setSubGridVisible(false);
    axis->setLabelPadding(style.compact ? 0 : 3);
  }
  plot.xAxis->grid()->setVisible(false);
  plot.yAxis->setBasePen(Qt::NoPen);
  plot.yAxis->setTickPen(Qt::NoPen);
  plot.legend->setFont(style.font);
  plot.legend->setTextColor(style.colors.dim);
  plot.legend->setBorderPen(Qt::NoPen);
  plot.legend->setBrush(Qt::NoBrush);
  plot.legend->setIconSize(10, 8);
  // An SVG does not clip the 5 pixels that QCustomPlot draws a line beyond its icon.
  plot.legend->setIconTextPadding(9);
  plot.legend->setRowSpacing(-2);
  plot.legend->setVisible(false);
  plot.axisRect()->setAutoMargins(QCP::msAll);
  // On the right there is room for half of a last tick's number.
  plot.axisRect()->setMinimumMargins({style.compact ? 2 : 6, 6, style.compact ? 8 : 14, 2});
}

void showLegendAbove(QCustomPlot& plot, int columns) {
  if (plot.legend->layout() != plot.plotLayout()) {
    plot.plotLayout()->insertRow(0);
    plot.plotLayout()->addElement(0, 0, plot.legend);
    plot.plotLayout()->setRowStretchFactor(0, 0.001);
  }
  plot.legend->setFillOrder(QCPLegend::foColumnsFirst, /*rearrange=*/false);
  plot.legend->setWrap(columns);
  plot.legend->setFillOrder(QCPLegend::foColumnsFirst);
  plot.legend->setVisible(true);
}

}  // namespace featurescope
