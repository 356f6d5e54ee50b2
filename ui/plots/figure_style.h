// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plot_colors.h"

#include <QFont>
#include <QPen>

#include <cstddef>

class QCPAxis;
class QCustomPlot;

namespace featurescope {

/// How a file's figure looks.
enum class FigureLook { Paper, Grayscale, Dark };

/// How figures look: in the window, in its theme; in files always as on paper. Lengths are in
/// pixels of 1/96 inch.
struct FigureStyle {
  PlotColors colors;
  QFont font;            ///< of axes
  double line = 1;       ///< width of curves
  bool compact = false;  ///< little room: ticks but no axis labels
  bool dashes = false;   ///< curves are told apart by their dashes

  /// For print: black on white, 8-point text, colours that colour-blind eyes tell apart.
  [[nodiscard]] static FigureStyle paper();
  /// The same for print without colours: greys and dashes.
  [[nodiscard]] static FigureStyle grayscale();
  /// The same for dark slides.
  [[nodiscard]] static FigureStyle dark();
  [[nodiscard]] static FigureStyle of(FigureLook look);
  /// For the window.
  [[nodiscard]] static FigureStyle screen(const PlotColors& colors, const QFont& font);

  /// Of a curve.
  [[nodiscard]] QPen pen(std::size_t curve) const;
};

/// Gives a plot's ground and axes the style: thin lines, no frame, horizontal grid only.
void apply(QCustomPlot& plot, const FigureStyle& style);

/// Shows the legend in rows of its own, where it hides nothing: `columns` entries side by side.
void showLegendAbove(QCustomPlot& plot, int columns);

}  // namespace featurescope
