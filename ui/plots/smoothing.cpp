// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/curve_plot.h"

#include <cmath>

namespace featurescope {

std::vector<double> smoothed(const std::vector<double>& values, double rows) {
  if (!(rows > 0)) return values;
  const double keep = std::exp2(-1.0 / rows);
  std::vector<double> result(values.size());
  double sum = 0;
  double weight = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum *= keep;
    weight *= keep;
    if (std::isfinite(values[i])) {
      sum += values[i];
      weight += 1;
    }
    result[i] = std::isfinite(values[i]) ? sum / weight : values[i];
  }
  return result;
}

}  // namespace featurescope
