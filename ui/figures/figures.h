// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/cosines.h"
#include "core/base/ids.h"
#include "ui/plots/cosine_histogram.h"
#include "ui/plots/curve_plot.h"
#include "ui/plots/figure.h"

#include <filesystem>
#include <span>
#include <string>

namespace featurescope {

class IndexReader;
struct FineTuningResult;

/// The paper's figures, from the files that hold their numbers; drawn by ui/plots as the window
/// draws them. All throw UserError where a file is not what it should be. A QApplication must
/// exist: tables measure their text.

/// How often a feature has which value over the corpus. Throws UserError{Unsupported} for an index
/// that holds no histograms, and for a dead feature.
[[nodiscard]] Figure histogramFigure(const IndexReader& index, FeatureId feature);

/// A feature's strongest activations, as `featurescope activations` lists them.
[[nodiscard]] Figure activationsFigure(const IndexReader& index, FeatureId feature,
                                       std::int64_t limit);

/// The features that a fine-tuning changed most: `count` enhanced ones, the most first, and as many
/// inhibited ones, the most last. `index`: of the same SAE, with this fine-tuning.
[[nodiscard]] Figure changedFeaturesFigure(const FineTuningResult& result, const IndexReader& index,
                                           std::size_t count);

/// Which cosines to the average dead feature are shown, and how.
struct CosineView {
  bool encoder = false;    ///< of encoder columns, not of decoder rows
  bool byDensity = false;  ///< alive features by decade of density
  bool asShares = false;   ///< of each group, not counts
};

/// Throws UserError{Unsupported} where no feature is dead or the encoder's cosines are not known.
[[nodiscard]] CosineHistogram cosineHistogramOf(const CosinesReport& report,
                                                const CosineView& view);

/// Bars of what `featurescope evaluate --layers A-B --json` printed into a file.
[[nodiscard]] Figure layerLossesFigure(const std::filesystem::path& evaluation, bool logarithmic);

/// A curve of metrics.csv, the last two of held_out.csv.
enum class RunCurve {
  Sparsity,
  L1Coefficient,
  L1Loss,
  ReconstructionLoss,
  Loss,
  Dead,
  FineTuningLoss,
  HeldOutLoss,
  ExplainedVariance,
};

/// One curve a run, over a column of its table ("tokens", "step"). `look`: smoothing and
/// logarithmic axes; its curves and labels are filled in here.
[[nodiscard]] Figure runCurveFigure(RunCurve kind, std::span<const std::filesystem::path> runs,
                                    const std::string& over, CurveChart look);

/// What a finished fine-tuning run learned: c, or d, of every feature, sorted.
[[nodiscard]] Figure scalesFigure(const std::filesystem::path& run);
[[nodiscard]] Figure biasesFigure(const std::filesystem::path& run);

}  // namespace featurescope
