// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/step_curve.h"

#include <qcustomplot.h>

namespace featurescope {

QCPGraph* addSteps(QCustomPlot& plot, const std::vector<double>& low,
                   const std::vector<double>& high, const std::vector<double>& heights) {
  QCPGraph* graph = plot.addGraph();
  graph->setLineStyle(QCPGraph::lsStepLeft);
  QVector<double> x(low.begin(), low.end());
  QVector<double> y(heights.begin(), heights.end());
  if (!high.empty()) {
    x.append(high.back());
    y.append(heights.back());
  }
  graph->setData(x, y, /*alreadySorted=*/true);
  return graph;
}

}  // namespace featurescope
