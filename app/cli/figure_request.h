// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope::cli {

/// What `featurescope figure` was asked for.
struct FigureRequest {
  std::string kind;  ///< as `featurescope figure --help` lists them
  /// Of activations and histogram an index and a feature's id; of cosines an index, or nothing with
  /// `sae`; of changed-features an index and a run; of layer-losses a file of `evaluate --layers
  /// --json`; of all others run folders.
  std::vector<std::string> inputs;
  std::optional<std::filesystem::path> sae;
  std::filesystem::path out;
  std::string width = "single", title, over;  ///< over: a column of metrics.csv, "" the usual one
  std::optional<double> height;               ///< millimetres
  std::int64_t dpi = 300, limit = 15;
  double smoothing = 0;
  std::string style = "paper";
  bool caption = false;
  bool logX = false, logY = false, encoder = false, byDensity = false, shares = false;
};

/// Draws and writes the figure. Linked from app/figure where Qt is at hand; `featurescope` itself
/// hands the whole command line to that program.
void makeFigure(const FigureRequest& request, const Session& session);

}  // namespace featurescope::cli
