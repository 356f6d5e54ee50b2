// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figures.h"

#include "core/base/error.h"
#include "core/base/numbers.h"
#include "core/store/index_reader.h"
#include "core/study/run_record.h"
#include "ui/bridge/fine_tuning_result.h"
#include "ui/bridge/layer_evaluation.h"
#include "ui/plots/layer_losses_plot.h"
#include "ui/plots/sorted_values_plot.h"
#include "ui/plots/table_figure.h"

#include <QCoreApplication>
#include <QObject>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

namespace fs = std::filesystem;

constexpr int kBins = 100;
constexpr std::int64_t kTokensBeside = 10;  ///< as in the view top_activation

/// A run as its files stand.
std::shared_ptr<const RunRecord> readRun(const fs::path& folder) {
  RunFollower follower(folder);
  follower.refresh();
  return follower.record();
}

/// M of a training run: l0 / M is its sparsity.
double featuresOf(const RunRecord& run) {
  return memberOr<double>(run.description, "m", std::nan(""), "cannot read " + run.folder.string());
}

struct CurveKind {
  const char* column;  ///< of metrics.csv
  const char* run;     ///< the kind of run that has it
  const char* verb;    ///< that makes such a run
  const char* name;    ///< of the figure
  const char* title;
};

CurveKind kindOf(RunCurve curve) {
  switch (curve) {
    case RunCurve::Sparsity:
      return {"l0", "train", "train", "sparsity", QT_TRANSLATE_NOOP("Figures", "Sparsity: l0 / M")};
    case RunCurve::L1Coefficient:
      return {"l1_coeff", "train", "train", "l1-coeff",
              QT_TRANSLATE_NOOP("Figures", "L1 coefficient β")};
    case RunCurve::L1Loss:
      return {"l1_loss", "train", "train", "l1-loss", QT_TRANSLATE_NOOP("Figures", "L1 loss ‖f‖₁")};
    case RunCurve::ReconstructionLoss:
      return {"recon_loss", "train", "train", "recon-loss",
              QT_TRANSLATE_NOOP("Figures", "Reconstruction loss ‖x − x̂‖²")};
    case RunCurve::FineTuningLoss:
      return {"loss", "finetune", "finetune", "finetune-loss",
              QT_TRANSLATE_NOOP("Figures", "Loss, nats a counted token")};
  }
  return {};
}

Curve curveOf(RunCurve curve, const RunRecord& run, const std::string& over, std::size_t color) {
  const CurveKind kind = kindOf(curve);
  const std::string what = "cannot draw " + std::string(kind.name) + " of " + run.folder.string();
  if (run.kind() != kind.run) {
    throw UserError(ErrorCode::Unsupported, what,
                    "it is no run of `featurescope " + std::string(kind.verb) + "`",
                    "name the folder of one");
  }
  const auto* x = run.column(over);
  const auto* y = run.column(kind.column);
  if (x == nullptr || y == nullptr || y->empty()) {
    throw UserError(ErrorCode::NotFound, what,
                    "its metrics.csv has no row with " + over + " and " + kind.column,
                    "wait for its first rows");
  }
  Curve result{QString::fromStdString(run.name()), color, *x, *y};
  if (curve == RunCurve::Sparsity) {
    const double features = featuresOf(run);
    for (double& value : result.y) value /= features;
  }
  return result;
}

Figure sortedFigure(const fs::path& run, const std::string& name, const QString& title,
                    std::vector<double> FineTuningResult::*values, bool aroundScale) {
  const FineTuningResult result = readFineTuningResult(run);
  Figure figure =
      makeFigure(QString::fromStdString(name), title,
                 SortedValues::from(result.*values, aroundScale ? result.untouchedScale : 0));
  figure.provenance = {{"run", run.filename().string()},
                       {"scales_hash", result.scalesHash},
                       {"sae_hash", result.saeHash}};
  return figure;
}

QString joined(const ContextRecord& context, std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i < last; ++i) text += context.tokens[i];
  return QString::fromStdString(text);
}

/// Four digits, also where the last ones are 0: numbers in a column compare.
QString shown(double value) {
  std::string text = fmt::format("{:#.4g}", value);
  if (text.ends_with('.')) text.pop_back();
  return QString::fromStdString(text);
}

}  // namespace

Figure activationsFigure(const IndexReader& index, FeatureId feature, std::int64_t limit) {
  const bool fineTuned = index.hasFineTuning();
  ShownTable table{{{QObject::tr("rank"), true},
                    {QObject::tr("context"), true},
                    {QObject::tr("token"), false},
                    {{}, false},
                    {QObject::tr("activation"), true}},
                   {},
                   0};
  FigureTable exact{{"rank", "position", "str_token", "context", "activation"}, {}};
  if (fineTuned) {
    table.columns.push_back({QObject::tr("after"), true});
    exact.header.emplace_back("activation_ft");
  }
  double strongest = 0;
  for (const ActivationRecord& row : index.topActivations(feature, limit)) {
    const std::string activation = shortest(static_cast<float>(row.activation));
    const ContextRecord around = index.context(row.position, kTokensBeside, kTokensBeside);
    strongest = std::max(strongest, row.activation);
    table.rows.push_back({QString::number(row.rank), joined(around, 0, around.peak),
                          ShownTable::Cell(QString::fromStdString(row.strToken),
                                           strongest > 0 ? row.activation / strongest : 0),
                          joined(around, around.peak + 1, around.tokens.size()),
                          shown(row.activation)});
    exact.rows.push_back({std::to_string(row.rank), std::to_string(row.position), row.strToken,
                          row.context, activation});
    if (!fineTuned) continue;
    const auto& after = row.activationFineTuned;
    table.rows.back().push_back(after ? shown(*after) : QString());
    exact.rows.back().push_back(after ? shortest(static_cast<float>(*after)) : std::string());
  }
  Figure figure =
      makeFigure(QStringLiteral("activations"),
                 QObject::tr("What feature %1 fires on most strongly").arg(feature.value),
                 std::move(table), std::move(exact));
  for (const auto& [key, value] : index.provenance()) figure.provenance.emplace_back(key, value);
  figure.provenance.emplace_back("feature", std::to_string(feature.value));
  return figure;
}

Figure changedFeaturesFigure(const FineTuningResult& result, const IndexReader& index,
                             std::size_t count) {
  ShownTable table{{{QObject::tr("feature"), true},
                    {QObject::tr("scale c"), true},
                    {QObject::tr("bias d"), true},
                    {QObject::tr("top token"), false},
                    {QObject::tr("density"), true},
                    {QObject::tr("max"), true},
                    {QObject::tr("after"), true}},
                   {},
                   0};
  FigureTable exact{{"feature", "scale", "bias", "top_token", "density", "max", "max_ft"}, {}};
  std::vector<std::size_t> features = mostChanged(result, true, count);
  std::vector<std::size_t> inhibited = mostChanged(result, false, count);
  features.insert(features.end(), inhibited.rbegin(), inhibited.rend());
  for (const std::size_t feature : features) {
    const FeatureRecord record = index.feature(FeatureId{static_cast<std::int32_t>(feature)});
    const auto after = record.maxFineTuned;
    table.rows.push_back({QString::number(feature), shown(result.scale[feature]),
                          shown(result.bias[feature]), QString::fromStdString(record.topToken),
                          QString::number(record.density, 'g', 3), shown(record.max),
                          after ? shown(*after) : QString()});
    exact.rows.push_back({std::to_string(feature),
                          shortest(static_cast<float>(result.scale[feature])),
                          shortest(static_cast<float>(result.bias[feature])), record.topToken,
                          shortest(record.density), shortest(static_cast<float>(record.max)),
                          after ? shortest(static_cast<float>(*after)) : std::string()});
  }
  Figure figure = makeFigure(QStringLiteral("changed-features"),
                             QObject::tr("Most enhanced and most inhibited features"),
                             std::move(table), std::move(exact));
  for (const auto& [key, value] : index.provenance()) figure.provenance.emplace_back(key, value);
  return figure;
}

CosineHistogram cosineHistogramOf(const CosinesReport& report, const CosineView& view) {
  const std::string what = "cannot draw the cosines to the average dead feature";
  const auto& cosines = view.encoder ? report.encoder : report.decoder;
  const DeadDirection& direction = view.encoder ? report.encoderDirection : report.decoderDirection;
  if (view.encoder && cosines.empty()) {
    throw UserError(ErrorCode::Unsupported, what, "those of the encoder are not known here",
                    "ask for the decoder's, or build the index again");
  }
  if (direction.dead.features == 0) {
    throw UserError(ErrorCode::Unsupported, what, "no feature is dead",
                    "the average dead feature does not exist: index another text");
  }
  std::vector<CosineSample> samples;
  samples.reserve(cosines.size());
  for (const FeatureCosine& each : cosines) {
    if (each.cosine) samples.push_back({*each.cosine, each.density, each.dead});
  }
  std::vector<double> decades;
  if (view.byDensity && !direction.strata.empty()) {
    decades.reserve(direction.strata.size() + 1);
    for (const DeadDirection::Stratum& stratum : direction.strata) decades.push_back(stratum.low);
    // The last one holds density 1, too.
    decades.push_back(std::nextafter(direction.strata.back().high, 2.0));
  }
  CosineHistogram histogram = countCosines(samples, kBins, decades);
  histogram.asShares = view.asShares;
  if (!view.encoder && report.randomDirection) {
    histogram.randomDead = report.randomDirection->dead.mean;
  }
  return histogram;
}

Figure layerLossesFigure(const fs::path& evaluation, bool logarithmic) {
  const LayerEvaluation read = readLayerEvaluation(evaluation);
  Figure figure = makeFigure(LayerLossBars{.base = read.base,
                                           .layers = read.layers,
                                           .sae = read.sae,
                                           .zero = read.zero,
                                           .trained = read.trained},
                             logarithmic);
  figure.provenance = {{"evaluation", evaluation.filename().string()}};
  return figure;
}

Figure runCurveFigure(RunCurve curve, std::span<const fs::path> runs, const std::string& over,
                      CurveChart look) {
  const CurveKind kind = kindOf(curve);
  look.title = QCoreApplication::translate("Figures", kind.title);
  look.xLabel = QString::fromStdString(over);
  FigureProvenance provenance;
  for (const fs::path& folder : runs) {
    const auto run = readRun(folder);
    look.curves.push_back(curveOf(curve, *run, over, look.curves.size()));
    provenance.emplace_back("run", run->name());
    const auto inputs = run->description.find("inputs");
    if (inputs != run->description.end()) provenance.emplace_back("inputs", inputs->dump());
  }
  Figure figure = makeFigure(QString::fromLatin1(kind.name), look);
  figure.provenance = std::move(provenance);
  return figure;
}

Figure scalesFigure(const fs::path& run) {
  return sortedFigure(run, "scales", QObject::tr("Scales c, sorted"), &FineTuningResult::scale,
                      true);
}

Figure biasesFigure(const fs::path& run) {
  return sortedFigure(run, "biases", QObject::tr("Biases d, sorted"), &FineTuningResult::bias,
                      false);
}

}  // namespace featurescope
