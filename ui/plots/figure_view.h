// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QWidget>

#include <optional>

class QCPItemStraightLine;
class QCustomPlot;

namespace featurescope {

/// Shows a figure in the window's theme. With a FigureMenu. GUI thread.
class FigureView : public QWidget {
  Q_OBJECT
 public:
  explicit FigureView(QWidget* parent = nullptr);

  void setColors(const PlotColors& colors);
  /// A small picture without axis labels.
  void setCompact(bool compact) { compact_ = compact; }
  /// Lets a range of x be marked by dragging.
  void setBrushable(bool brushable);
  void setFigure(Figure figure);
  /// An empty picture.
  void clear();
  /// A line at x; nothing: none.
  void setMark(std::optional<double> x);

  [[nodiscard]] const Figure& figure() const { return figure_; }
  [[nodiscard]] std::optional<double> mark() const { return mark_; }
  /// Where x is drawn, from the widget's left; for tests and tool tips.
  [[nodiscard]] double pixelOf(double x) const;

 signals:
  /// The mouse is over x, or has left.
  void hovered(std::optional<double> x);
  /// A range was marked; nothing after a double click.
  void brushed(std::optional<double> low, std::optional<double> high);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void redraw();

  Figure figure_;
  PlotColors colors_;
  bool compact_ = false;
  std::optional<double> mark_, dragBegin_;
  QCustomPlot* plot_;
};

}  // namespace featurescope
