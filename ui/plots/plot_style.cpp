// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_style.h"

#include <qcustomplot.h>

namespace featurescope {

constexpr int kAxisTextPixels = 11;

QFont axisFont(const QWidget& widget) {
  QFont font = widget.font();
  font.setPixelSize(kAxisTextPixels);
  return font;
}

void stylePlot(QCustomPlot& plot, const PlotColors& colors, const QFont& font) {
  plot.setBackground(colors.background);
  for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) styleAxis(*axis, colors, font);
  plot.xAxis->grid()->setVisible(false);
}

void styleAxis(QCPAxis& axis, const PlotColors& colors, const QFont& font) {
  axis.setTickLabelFont(font);
  axis.setLabelFont(font);
  axis.setTickLabelColor(colors.dim);
  axis.setLabelColor(colors.dim);
  axis.setBasePen(QPen(colors.grid));
  axis.setTickPen(Qt::NoPen);
  axis.setSubTickPen(Qt::NoPen);
  axis.grid()->setPen(QPen(colors.grid));
  axis.grid()->setZeroLinePen(QPen(colors.grid));
  axis.grid()->setSubGridVisible(false);
}

}  // namespace featurescope
