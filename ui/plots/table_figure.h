// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QString>

#include <vector>

namespace featurescope {

/// A table as it is shown; every row has as many cells as there are columns. Of a long one the
/// first rows may do: nobody prints thousands.
struct ShownTable {
  struct Column {
    QString title;
    bool right = false;  ///< aligned right, and cut at its left where there is no room
  };
  std::vector<Column> columns;
  std::vector<std::vector<QString>> rows;
  std::size_t count = 0;  ///< of all rows
};

/// As papers print tables: rules above and below, none between columns. Rows for which there is no
/// room are counted in a last line. Takes the place of the plot's axes.
void draw(QCustomPlot& plot, const ShownTable& table, const FigureStyle& style);

/// `exact`: all rows with the numbers as they are.
[[nodiscard]] Figure makeFigure(const QString& name, const QString& title, ShownTable shown,
                                FigureTable exact);

}  // namespace featurescope
