// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plot_colors.h"

#include <QFont>

class QCPAxis;
class QCustomPlot;
class QWidget;

namespace featurescope {

/// The font of axes and their labels.
[[nodiscard]] QFont axisFont(const QWidget& widget);
/// Our look: faint axes without ticks, horizontal grid lines alone.
void stylePlot(QCustomPlot& plot, const PlotColors& colors, const QFont& font);
void styleAxis(QCPAxis& axis, const PlotColors& colors, const QFont& font);

}  // namespace featurescope
