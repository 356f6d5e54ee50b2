// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "ui/plots/figure.h"

#include <QString>
#include <QWidget>

#include <optional>
#include <utility>
#include <vector>

class QCPItemRect;
class QCPItemStraightLine;
class QCPItemTracer;
class QCustomPlot;
class QLabel;

namespace featurescope {

/// A float32 value of every feature, the largest first.
struct SortedValues {
  std::vector<FeatureId> features;
  std::vector<double> values;  ///< falling
  double neutral = 0;          ///< what changes nothing: 1 for a scale, 0 for a bias

  /// Sorts; ties by feature.
  static SortedValues from(const std::vector<double>& byFeature, double neutral);
};

/// The values over their rank, as one line with the neutral value marked. Replaces the plot's
/// graphs.
void draw(QCustomPlot& plot, const SortedValues& values, const FigureStyle& style);

/// `name` is also the column of the values.
[[nodiscard]] Figure makeFigure(const QString& name, const QString& title,
                                const SortedValues& values);

/// That plot, live: the mouse names the feature under it, a click chooses it, dragging marks a
/// range of values, a double click takes the mark away.
class SortedValuesPlot : public QWidget {
  Q_OBJECT
 public:
  /// `symbol`: of the readout, as "c".
  SortedValuesPlot(const QString& title, const QString& symbol, QWidget* parent = nullptr);

  void setColors(const PlotColors& colors);
  void setValues(SortedValues values);
  [[nodiscard]] const SortedValues& values() const { return values_; }
  /// Marks where a feature stands.
  void setChosen(std::optional<FeatureId> feature);
  void setRange(std::optional<std::pair<double, double>> range);

  /// Where a rank is drawn, in the coordinates of plotArea().
  [[nodiscard]] QPoint pointOf(std::size_t rank) const;
  [[nodiscard]] QWidget* plotArea() const;
  [[nodiscard]] QString readout() const;

 signals:
  void featureClicked(featurescope::FeatureId feature);
  /// Both ends included; nothing: no range any more.
  void rangeMarked(std::optional<std::pair<double, double>> range);

 private:
  void rebuild();
  void hover(double x);
  void drag(double x);
  void release();
  void showReadout(std::optional<std::size_t> rank);
  [[nodiscard]] std::optional<std::size_t> rankAt(double x) const;

  QString symbol_;
  PlotColors colors_;
  SortedValues values_;
  std::optional<FeatureId> chosen_;
  std::optional<double> pressed_;  ///< the pixel where the mouse went down
  bool dragging_ = false;
  QLabel* readout_;
  QCustomPlot* plot_;
  QCPItemRect* range_;
  QCPItemTracer *tracer_, *mark_;
};

}  // namespace featurescope
