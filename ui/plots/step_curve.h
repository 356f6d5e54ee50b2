// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

class QCPGraph;
class QCustomPlot;

namespace featurescope {

/// The outline of a histogram: the height of each bin from its low to its high edge. Bins ascend.
/// The plot owns the graph.
QCPGraph* addSteps(QCustomPlot& plot, const std::vector<double>& low,
                   const std::vector<double>& high, const std::vector<double>& heights);

}  // namespace featurescope
