// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace featurescope {

/// Cosines to the average dead feature (the paper's figure): how many dead and alive features lie
/// in each bin, the alive ones also by decade of density. All counts have one bin less than
/// `edges`.
struct CosineHistogram {
  struct Stratum {
    double low = 0, high = 0;  ///< densities in [low, high)
    std::vector<std::int64_t> counts;
  };

  std::vector<double> edges;
  std::vector<std::int64_t> dead, alive;
  std::vector<Stratum> strata;  ///< drawn in the place of `alive` where there are any
  /// Where the dead features of a random dictionary lie: their mean cosine to their own average.
  std::optional<double> randomDead;
  bool asShares = false;  ///< of its group, not counts
};

/// One feature's cosine.
struct CosineSample {
  double cosine = 0, density = 0;
  bool dead = false;
};

/// Counts into `bins` equal bins over [-1, 1], 1 falling into the last. `decades`: the densities at
/// which alive features are parted, ascending; fewer than two: not at all.
[[nodiscard]] CosineHistogram countCosines(std::span<const CosineSample> samples, int bins,
                                           std::span<const double> decades = {});

void draw(QCustomPlot& plot, const CosineHistogram& data, const FigureStyle& style);

[[nodiscard]] Figure makeFigure(const CosineHistogram& data);

}  // namespace featurescope
