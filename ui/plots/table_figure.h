// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QString>

namespace featurescope {

/// As papers print tables: rules above and below, none between columns. Rows for which there is no
/// room are counted in a last line. Takes the place of the plot's axes.
void draw(QCustomPlot& plot, const ShownTable& table, const FigureStyle& style);

/// `exact`: all rows with the numbers as they are.
[[nodiscard]] Figure makeFigure(const QString& name, const QString& title, ShownTable shown,
                                FigureTable exact);

}  // namespace featurescope
