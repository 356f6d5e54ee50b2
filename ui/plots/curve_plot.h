// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QString>
#include <QWidget>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;
class QLabel;

namespace featurescope {

/// One line: y over x, x ascending. Values that are no numbers leave a gap.
struct Curve {
  QString name;
  std::size_t color = 0;  ///< PlotColors::curve
  std::vector<double> x, y;
  bool dashed = false;  ///< something to compare with: drawn dashed, never smoothed
};

/// Something that happened at x.
struct CurveMark {
  double x = 0;
  QString text;           ///< shown when the mouse is near
  std::size_t color = 0;  ///< that of the curve it belongs to
  bool minor = false;     ///< happens often and changes nothing: drawn fainter
};

/// Curves over one axis, and how they are to be seen.
struct CurveChart {
  QString title, xLabel;
  QString caption = {};       ///< Figure::caption
  std::vector<Curve> curves;  ///< as they are, unsmoothed
  std::vector<CurveMark> marks;
  /// Curves are averaged with weights that halve every so many rows back; 0: they are not. The
  /// unsmoothed ones stay visible behind.
  double smoothing = 0;
  /// Logarithmic axes; what is not above 0 has no place on them.
  bool logarithmic = false, logarithmicX = false;
  std::optional<std::pair<double, double>> range;  ///< of x; nothing: all
};

/// Replaces the graphs and axes of the plot; its items only where they are marks of an earlier
/// chart.
void draw(QCustomPlot& plot, const CurveChart& chart, const FigureStyle& style);

/// The table has a row a point: curve, x, y and, where it is smoothed, what is drawn in front.
[[nodiscard]] Figure makeFigure(const QString& name, const CurveChart& chart);

/// A CurveChart, live, with the values under the mouse. The wheel zooms, dragging moves, a double
/// click shows all. GUI thread.
class CurvePlot : public QWidget {
  Q_OBJECT
 public:
  explicit CurvePlot(const QString& title, QWidget* parent = nullptr);

  void setColors(const PlotColors& colors);
  void setCurves(std::vector<Curve> curves, std::vector<CurveMark> marks);
  void setXLabel(const QString& label);
  void setLogarithmic(bool logarithmic);
  void setLogarithmicX(bool logarithmic);
  void setSmoothing(double rows);
  /// Shows the values at x, on this plot as on others beside it.
  void setCursor(std::optional<double> x);

  [[nodiscard]] QString title() const { return chart_.title; }
  /// What is drawn, smoothed as it is drawn.
  [[nodiscard]] const std::vector<Curve>& curves() const { return curves_; }
  /// The values shown beside the title at the cursor, as text.
  [[nodiscard]] QString readout() const;

 signals:
  /// The mouse is at x, or has left.
  void cursorMoved(std::optional<double> x);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void rebuild();
  void showAll();
  void showReadout();
  [[nodiscard]] QString textAt(double x) const;

  PlotColors colors_;
  CurveChart chart_;
  std::vector<Curve> curves_;  ///< of the chart, smoothed
  bool zoomed_ = false;        ///< a person chose the range: new data leaves it
  std::optional<double> cursor_;
  QLabel *heading_, *readout_;
  QCustomPlot* plot_;
  QCPItemStraightLine* cursorLine_;
};

/// `values` averaged with weights that halve every `rows` rows back, corrected for the start; gaps
/// stay gaps.
[[nodiscard]] std::vector<double> smoothed(const std::vector<double>& values, double rows);

}  // namespace featurescope
