// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figures.h"

#include "core/base/error.h"
#include "core/base/numbers.h"
#include "core/store/index_reader.h"
#include "core/study/run_record.h"
#include "ui/bridge/fine_tuning_result.h"
#include "ui/bridge/layer_evaluation.h"
#include "ui/plots/activation_histogram.h"
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
  const char* column;  ///< of metrics.csv, or of held_out.csv
  const char* run;     ///< the kind of run that has it
  const char* name;    ///< of the figure
  const char* title;
  const char* caption;
  bool heldOut = false;
  const char* beside = nullptr;  ///< a column to compare with, dashed
};

CurveKind kindOf(RunCurve curve) {
  switch (curve) {
    case RunCurve::Sparsity:
      return {"l0", "train", "sparsity", QT_TRANSLATE_NOOP("Figures", "Sparsity: l0 / M"),
              QT_TRANSLATE_NOOP("Figures",
                                "l0: mean number of features active (value above 0) on a token of "
                                "the step's batch; M: all features.")};
    case RunCurve::L1Coefficient:
      return {"l1_coeff", "train", "l1-coeff", QT_TRANSLATE_NOOP("Figures", "L1 coefficient β"),
              QT_TRANSLATE_NOOP("Figures",
                                "β: weight of the L1 loss, loss = reconstruction loss + β · L1 "
                                "loss.")};
    case RunCurve::L1Loss:
      return {"l1_loss", "train", "l1-loss", QT_TRANSLATE_NOOP("Figures", "L1 loss ‖f‖₁"),
              QT_TRANSLATE_NOOP("Figures",
                                "Mean over the tokens of the step's batch of the sum of features, "
                                "‖f‖₁.")};
    case RunCurve::ReconstructionLoss:
      return {"recon_loss", "train", "recon-loss",
              QT_TRANSLATE_NOOP("Figures", "Reconstruction loss ‖x − x̂‖²"),
              QT_TRANSLATE_NOOP("Figures",
                                "Mean over the tokens of the step's batch of the squared error "
                                "‖x − x̂‖², summed over dimensions.")};
    case RunCurve::Loss:
      return {"loss", "train", "loss", QT_TRANSLATE_NOOP("Figures", "Loss"),
              QT_TRANSLATE_NOOP("Figures",
                                "What is minimised: reconstruction loss + sparsity's part, means "
                                "over the tokens of the step's batch.")};
    case RunCurve::Dead:
      return {"dead", "train", "dead", QT_TRANSLATE_NOOP("Figures", "Dead features"),
              QT_TRANSLATE_NOOP("Figures",
                                "Features that no token of the last steps activated (the run's "
                                "dead window).")};
    case RunCurve::FineTuningLoss:
      return {"loss", "finetune", "finetune-loss",
              QT_TRANSLATE_NOOP("Figures", "Loss, nats a counted token"),
              QT_TRANSLATE_NOOP("Figures",
                                "Mean negative log-likelihood of the counted tokens of the step's "
                                "batch, before its update.")};
    case RunCurve::HeldOutLoss:
      return {"loss_sae",
              "train",
              "held-out-loss",
              QT_TRANSLATE_NOOP("Figures", "Model's loss, held out, nats a token"),
              QT_TRANSLATE_NOOP("Figures",
                                "Mean negative log-likelihood of held-out tokens with the SAE in "
                                "place of its site; dashed: the model as it is."),
              true,
              "loss_base"};
    case RunCurve::ExplainedVariance:
      return {"explained_variance",
              "train",
              "explained-variance",
              QT_TRANSLATE_NOOP("Figures", "Explained variance, held out"),
              QT_TRANSLATE_NOOP("Figures", "1 − Σ‖x − x̂‖² / Σ‖x − mean‖² over held-out tokens."),
              true};
  }
  return {};
}

QString translated(const char* text) { return QCoreApplication::translate("Figures", text); }

/// The run's curve, and what it is to be compared with.
std::vector<Curve> curvesOf(RunCurve curve, const RunRecord& run, const std::string& over,
                            std::size_t color) {
  const CurveKind kind = kindOf(curve);
  const std::string what = "cannot draw " + std::string(kind.name) + " of " + run.folder.string();
  if (run.kind() != kind.run) {
    throw UserError(ErrorCode::Unsupported, what,
                    "it is no run of `featurescope " + std::string(kind.run) + "`",
                    "name the folder of one");
  }
  const RunTable& table = kind.heldOut ? run.heldOut : run.metrics;
  const auto columnOf = [&](const std::string& name) -> const std::vector<double>& {
    const auto* column = table.column(name);
    if (column != nullptr && !column->empty()) return *column;
    throw UserError(ErrorCode::NotFound, what,
                    fmt::format("its {} has no row with {}",
                                kind.heldOut ? "held_out.csv" : "metrics.csv", name),
                    kind.heldOut ? "train with --held-out" : "wait for its first rows");
  };
  const std::vector<double>& x = columnOf(over);
  std::vector<Curve> curves(kind.beside != nullptr ? 2 : 1);
  curves[0] = {QString::fromStdString(run.name()), color, x, columnOf(kind.column)};
  if (curve == RunCurve::Sparsity) {
    const double features = featuresOf(run);
    for (double& value : curves[0].y) value /= features;
  }
  if (kind.beside != nullptr) {
    curves[1] = {QObject::tr("%1, without the SAE").arg(curves[0].name), color, x,
                 columnOf(kind.beside), /*dashed=*/true};
  }
  return curves;
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
  figure.caption =
      QObject::tr("Fine-tuning turns a feature's pre-activation z into ReLU(c z + d). ");
  figure.caption += aroundScale ? QObject::tr("Dashed: c where weight decay alone leads it.")
                                : QObject::tr("Dashed: 0, where d changes nothing.");
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

Figure histogramFigure(const IndexReader& index, FeatureId feature) {
  ActivationHistogram histogram;
  for (const HistogramBin& bin : index.histogram(feature)) {
    histogram.low.push_back(bin.low);
    histogram.high.push_back(bin.high);
    histogram.counts.push_back(bin.count);
    if (bin.countFineTuned) histogram.countsFineTuned.push_back(*bin.countFineTuned);
  }
  if (histogram.low.empty()) {
    throw UserError(
        ErrorCode::Unsupported,
        fmt::format("cannot draw the histogram of feature {}", feature.value),
        index.feature(feature).dead ? "no token activates it" : "the index holds no histograms",
        index.feature(feature).dead ? "choose another feature"
                                    : "build it again, or `featurescope upgrade` it");
  }
  Figure figure = makeFigure(histogram);
  figure.name = QStringLiteral("histogram");
  for (const auto& [key, value] : index.provenance()) figure.provenance.emplace_back(key, value);
  figure.provenance.emplace_back("feature", std::to_string(feature.value));
  return figure;
}

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
  figure.caption = QObject::tr(
                       "The tokens of the corpus where feature %1 has its largest values, with the "
                       "tokens around "
                       "them. · is a space, ↵ a newline, → a tab.")
                       .arg(feature.value);
  if (fineTuned) figure.caption += QObject::tr(" After: ReLU(c z + d) at the same place.");
  for (const auto& [key, value] : index.provenance()) figure.provenance.emplace_back(key, value);
  figure.provenance.emplace_back("feature", std::to_string(feature.value));
  return figure;
}

Figure changedFeaturesFigure(const FineTuningResult& result, const IndexReader& index,
                             std::size_t count) {
  ShownTable table{{{QObject::tr("feature"), true},
                    {QObject::tr("c"), true},
                    {QObject::tr("d"), true},
                    {QObject::tr("token"), false},
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
                          shown(record.max), after ? shown(*after) : QString()});
    exact.rows.push_back({std::to_string(feature),
                          shortest(static_cast<float>(result.scale[feature])),
                          shortest(static_cast<float>(result.bias[feature])), record.topToken,
                          shortest(record.density), shortest(static_cast<float>(record.max)),
                          after ? shortest(static_cast<float>(*after)) : std::string()});
  }
  Figure figure = makeFigure(QStringLiteral("changed-features"),
                             QObject::tr("Most enhanced and most inhibited features"),
                             std::move(table), std::move(exact));
  figure.caption = QObject::tr(
      "Fine-tuning turns a feature's pre-activation z into ReLU(c z + d). The features whose c "
      "ended farthest above and below where weight decay alone leads it; token: where the feature "
      "is strongest; max: its largest value, before and after.");
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
  look.title = translated(kind.title);
  look.caption = translated(kind.caption);
  look.xLabel = QString::fromStdString(over);
  FigureProvenance provenance;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto run = readRun(runs[i]);
    for (Curve& each : curvesOf(curve, *run, over, i)) look.curves.push_back(std::move(each));
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
