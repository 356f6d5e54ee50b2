// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace featurescope {

/// How often a feature has which value over the whole corpus: bins [low, high) with counts, and the
/// counts after a fine-tuning (empty without one).
struct ActivationHistogram {
  std::vector<double> low, high;
  std::vector<std::int64_t> counts, countsFineTuned;
};

/// The counts are on a logarithmic axis; a bin without any shows nothing. The strongest activations
/// have the colour of activations, weaker ones mix with the background.
void draw(QCustomPlot& plot, const ActivationHistogram& data, const FigureStyle& style);

[[nodiscard]] Figure makeFigure(const ActivationHistogram& data);

/// The bin that holds `value`, or nothing.
[[nodiscard]] std::optional<std::size_t> binOf(const ActivationHistogram& data, double value);

}  // namespace featurescope
