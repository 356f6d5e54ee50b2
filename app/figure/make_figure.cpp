// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figure_request.h"
#include "app/figure/drawing_application.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/store/index_reader.h"
#include "ui/bridge/fine_tuning_result.h"
#include "ui/figures/figures.h"
#include "ui/plots/figure_export.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>

namespace featurescope::cli {

namespace {

namespace fs = std::filesystem;

FeatureId featureFrom(const std::string& text) {
  std::int32_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0) {
    throw wrongUsage("cannot use FEATURE " + text, "it takes a whole number from 0");
  }
  return FeatureId{id};
}

Figure cosinesFigure(const FigureRequest& request, std::uint64_t seed) {
  const CosinesReport report = request.sae ? cosinesOfCheckpoint(*request.sae, seed)
                                           : cosinesOfIndex(request.inputs.front(), seed);
  Figure figure = featurescope::makeFigure(cosineHistogramOf(
      report,
      {.encoder = request.encoder, .byDensity = request.byDensity, .asShares = request.shares}));
  if (request.sae) {
    figure.provenance = {{"sae", request.sae->filename().string()}};
  } else {
    for (const auto& [key, value] : IndexReader::open(request.inputs.front()).provenance()) {
      figure.provenance.emplace_back(key, value);
    }
  }
  figure.provenance.emplace_back("weights", request.encoder ? "encoder columns" : "decoder rows");
  return figure;
}

Figure changedFigure(const FigureRequest& request) {
  const IndexReader index = IndexReader::open(request.inputs[0]);
  const FineTuningResult result = readFineTuningResult(request.inputs[1]);
  const Provenance provenance = index.provenance();
  const auto of = provenance.find("fine_tuning_hash");
  if (of == provenance.end() || of->second != result.scalesHash) {
    throw UserError(ErrorCode::ShapeMismatch, "cannot draw what " + request.inputs[1] + " changed",
                    request.inputs[0] + " is no index with that fine-tuning",
                    "build one with: featurescope index --finetune " + request.inputs[1]);
  }
  return changedFeaturesFigure(result, index, static_cast<std::size_t>(request.limit));
}

Figure curveFigure(const FigureRequest& request, RunCurve curve) {
  const std::vector<fs::path> runs(request.inputs.begin(), request.inputs.end());
  const bool tuning = curve == RunCurve::FineTuningLoss;
  CurveChart look;
  look.smoothing = request.smoothing;
  look.logarithmic = request.logY;
  look.logarithmicX = request.logX;
  return runCurveFigure(curve, runs,
                        !request.over.empty() ? request.over
                        : tuning              ? "step"
                                              : "tokens",
                        look);
}

Figure figureOf(const FigureRequest& request, std::uint64_t seed) {
  static const std::map<std::string_view, RunCurve> kCurves{
      {"sparsity", RunCurve::Sparsity},
      {"l1-coeff", RunCurve::L1Coefficient},
      {"l1-loss", RunCurve::L1Loss},
      {"recon-loss", RunCurve::ReconstructionLoss},
      {"loss", RunCurve::Loss},
      {"dead", RunCurve::Dead},
      {"held-out-loss", RunCurve::HeldOutLoss},
      {"explained-variance", RunCurve::ExplainedVariance},
      {"finetune-loss", RunCurve::FineTuningLoss}};
  if (const auto curve = kCurves.find(request.kind); curve != kCurves.end()) {
    return curveFigure(request, curve->second);
  }
  if (request.kind == "activations") {
    const IndexReader index = IndexReader::open(request.inputs[0]);
    return activationsFigure(index, featureFrom(request.inputs[1]), request.limit);
  }
  if (request.kind == "histogram") {
    const IndexReader index = IndexReader::open(request.inputs[0]);
    return histogramFigure(index, featureFrom(request.inputs[1]));
  }
  if (request.kind == "changed-features") return changedFigure(request);
  if (request.kind == "cosines") return cosinesFigure(request, seed);
  if (request.kind == "layer-losses") {
    return layerLossesFigure(request.inputs.front(), request.logY);
  }
  if (request.kind == "scales") return scalesFigure(request.inputs.front());
  return biasesFigure(request.inputs.front());
}

}  // namespace

void makeFigure(const FigureRequest& request, const Session& session) {
  const DrawingApplication application;
  Figure figure = figureOf(request, session.flags.compute.seed);
  if (!request.title.empty()) figure.title = QString::fromStdString(request.title);
  FigureFile file;
  file.format = *formatOf(QString::fromStdString(request.out.filename().string()));
  file.widthMillimetres =
      request.width == "double" ? kDoubleColumnMillimetres : kSingleColumnMillimetres;
  file.dpi = static_cast<int>(request.dpi);
  file.heading = !request.title.empty();
  file.caption = request.caption;
  file.look = request.style == "grayscale" ? FigureLook::Grayscale
              : request.style == "dark"    ? FigureLook::Dark
                                           : FigureLook::Paper;
  file.heightMillimetres = request.height.value_or(naturalHeight(figure, file));
  const QByteArray bytes = renderFile(figure, file);
  writeFile(request.out, {bytes.constData(), static_cast<std::size_t>(bytes.size())});

  session.report({{"kind", request.kind},
                  {"out", request.out.string()},
                  {"title", figure.title.toStdString()},
                  {"rows", figure.table.rows.size()},
                  {"width_mm", file.widthMillimetres},
                  {"height_mm", file.heightMillimetres},
                  {"bytes", bytes.size()}},
                 fmt::format("wrote {}: {} ({} rows of numbers)\n", request.out.string(),
                             figure.title.toStdString(), figure.table.rows.size()));
}

}  // namespace featurescope::cli
