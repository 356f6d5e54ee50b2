// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/fine_tuning_page.h"

#include "ui/bridge/errands.h"
#include "ui/bridge/index_session.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/run_watch.h"
#include "ui/bridge/selection.h"
#include "ui/bridge/window_context.h"
#include "ui/models/feature_names.h"
#include "ui/models/number_format.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/result_table.h"
#include "ui/plots/curve_plot.h"
#include "ui/plots/sorted_values_plot.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace featurescope {
namespace {

constexpr std::size_t kMostListed = 50;
constexpr std::size_t kTokensBefore = 16;
constexpr double kNoticed = 0.005;  ///< a smaller change shows no tone

/// A few tokens before the peak, as running text.
QString before(const ContextRecord& context) {
  const std::size_t first = context.peak > kTokensBefore ? context.peak - kTokensBefore : 0;
  QString text;
  for (std::size_t i = first; i < context.peak; ++i) {
    text += QString::fromStdString(context.tokens[i]);
  }
  return text.replace(QChar(0x00B7), u' ');
}

}  // namespace

FineTuningPage::FineTuningPage(const WindowContext& context, QWidget* parent)
    : Page(tr("Fine-tuning"), parent),
      errands_(context.errands),
      session_(context.session),
      selection_(context.selection),
      body_(new QStackedWidget),
      chosen_(new QComboBox),
      summary_(new QLabel),
      loss_(new CurvePlot(tr("Loss, nats a counted token"))),
      scales_(new SortedValuesPlot(tr("Scales c, sorted"), QStringLiteral("c"))),
      biases_(new SortedValuesPlot(tr("Biases d, sorted"), QStringLiteral("d"))),
      enhanced_(new ResultTable),
      inhibited_(new ResultTable),
      examples_(new ResultTable),
      examplesHead_(makeHeading({}, "tuningExamplesHead")) {
  setObjectName("fineTuningPage");
  auto* split = makeSplitter("tuningSplitter", Qt::Horizontal, {makePlots(), makeTables()});
  split->setSizes({250, 400});
  auto* filled = new QWidget;
  auto* rows = new QVBoxLayout(filled);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(makeBar());
  rows->addWidget(split, 1);
  body_->addWidget(makeEmpty());
  body_->addWidget(filled);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(body_);

  connect(&context.runs, &RunWatch::listed, this, &FineTuningPage::takeRuns);
  connect(&context.runs, &RunWatch::changed, this, &FineTuningPage::takeRecord);
  connect(&context.runs, &RunWatch::began, this, &FineTuningPage::bringUp);
  connect(&session_, &IndexSession::pageReady, this, &FineTuningPage::showPage);
  connect(&selection_, &Selection::featureChanged, this, &FineTuningPage::showFeature);
  connect(&selection_, &Selection::brushChanged, this, &FineTuningPage::showBrush);
  connect(chosen_, &QComboBox::currentIndexChanged, this, &FineTuningPage::showRun);
  const auto open = [this](FeatureId feature) {
    if (fits()) selection_.choose(feature);
  };
  connect(scales_, &SortedValuesPlot::featureClicked, this, open);
  connect(biases_, &SortedValuesPlot::featureClicked, this, open);
  connect(scales_, &SortedValuesPlot::rangeMarked, this,
          [this](const auto& range) { brush(FeatureColumn::Scale, range); });
  connect(biases_, &SortedValuesPlot::rangeMarked, this,
          [this](const auto& range) { brush(FeatureColumn::Shift, range); });
  for (ResultTable* table : {enhanced_, inhibited_}) {
    connect(table, &ResultTable::featureChosen, this, open);
  }
  connect(examples_, &ResultTable::tokenChosen, &selection_, &Selection::chooseToken);
}

QWidget* FineTuningPage::makeBar() {
  chosen_->setObjectName("tuningRun");
  chosen_->setAccessibleName(tr("Fine-tuning run"));
  chosen_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  summary_->setObjectName("tuningSummary");
  summary_->setTextFormat(Qt::RichText);
  auto* another = new QPushButton(tr("Fine-tune…"));
  another->setProperty("role", "flat");
  connect(another, &QPushButton::clicked, this, [this] { emit actionRequested("fineTune"); });
  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(12, 10, 12, 2);
  line->setSpacing(10);
  line->addWidget(chosen_);
  line->addWidget(summary_, 1);
  line->addWidget(another);
  return bar;
}

QWidget* FineTuningPage::makePlots() {
  loss_->setObjectName("tuningLoss");
  loss_->setXLabel(tr("steps"));
  scales_->setObjectName("tuningScales");
  biases_->setObjectName("tuningBiases");
  auto* plots = new QWidget;
  auto* rows = new QVBoxLayout(plots);
  rows->setContentsMargins(10, 6, 4, 8);
  rows->setSpacing(6);
  for (QWidget* plot : {static_cast<QWidget*>(loss_), static_cast<QWidget*>(scales_),
                        static_cast<QWidget*>(biases_)}) {
    rows->addWidget(plot, 1);
  }
  connect(loss_, &CurvePlot::cursorMoved, loss_, &CurvePlot::setCursor);
  return plots;
}

QWidget* FineTuningPage::makeTables() {
  enhanced_->setObjectName("tuningEnhanced");
  enhanced_->setAccessibleName(tr("Most enhanced features"));
  inhibited_->setObjectName("tuningInhibited");
  inhibited_->setAccessibleName(tr("Most inhibited features"));
  examples_->setObjectName("tuningExamples");
  examples_->setAccessibleName(tr("Strongest activations before and after"));
  auto* sides = makeSplitter(
      "tuningChanged", Qt::Horizontal,
      {makeColumn(makeHeading(tr("Most enhanced"), "tuningEnhancedHead"), enhanced_),
       makeColumn(makeHeading(tr("Most inhibited"), "tuningInhibitedHead"), inhibited_)});
  return makeSplitter("tuningTables", Qt::Vertical, {sides, makeColumn(examplesHead_, examples_)});
}

QWidget* FineTuningPage::makeEmpty() {
  auto* empty = new EmptyState(
      tr("A fine-tuning gives each feature a scale and a bias and learns these alone: which "
         "features does a task need more, and which less? Start one on a text of that task."),
      "tuningReason");
  connect(empty->addButton(tr("Fine-tune…")), &QPushButton::clicked, this,
          [this] { emit actionRequested("fineTune"); });
  connect(empty->addButton(tr("Open a run…")), &QPushButton::clicked, this,
          [this] { emit actionRequested("openRun"); });
  return empty;
}

FigureProvenance FineTuningPage::provenance() const {
  FigureProvenance of =
      fits() ? provenanceOf(opened_.get(), selection_.feature()) : FigureProvenance();
  of.emplace_back("fine_tuning_run", shown_.string());
  if (result_) {
    of.emplace_back("fine_tuning_hash", result_->scalesHash);
    if (!fits()) of.emplace_back("sae_hash", result_->saeHash);
  }
  return of;
}

void FineTuningPage::setColors(const PageColors& colors, const PlotColors& plotColors) {
  loss_->setColors(plotColors);
  scales_->setColors(plotColors);
  biases_->setColors(plotColors);
  for (ResultTable* table : {enhanced_, inhibited_, examples_}) table->setColors(colors);
}

void FineTuningPage::setOpened(const std::shared_ptr<const OpenedIndex>& opened) {
  opened_ = opened;
  page_.reset();
  showResult();
}

void FineTuningPage::takeRuns(const std::vector<std::filesystem::path>& runs) {
  std::erase_if(runs_,
                [&](const auto& run) { return std::ranges::find(runs, run.first) == runs.end(); });
  fillRuns();
}

void FineTuningPage::takeRecord(const std::shared_ptr<const RunRecord>& record) {
  if (record->kind() != "finetune") return;
  const auto known = runs_.find(record->folder);
  const bool wasFinished = known != runs_.end() && known->second->state() == "finished";
  const bool isNew = known == runs_.end();
  runs_[record->folder] = record;
  if (isNew) return fillRuns();
  if (record->folder != shown_) return;
  drawLoss(*record);
  if (!wasFinished && record->state() == "finished") readResult(shown_);
}

void FineTuningPage::fillRuns() {
  {
    const QSignalBlocker quiet(chosen_);
    chosen_->clear();
    for (const auto& [folder, record] : runs_) {
      chosen_->addItem(QString::fromStdString(record->name()), toQString(folder));
    }
    const int shown = chosen_->findData(toQString(shown_));
    chosen_->setCurrentIndex(shown >= 0 ? shown : chosen_->count() - 1);
  }
  body_->setCurrentIndex(runs_.empty() ? 0 : 1);
  showRun();
}

void FineTuningPage::bringUp(const std::shared_ptr<const RunRecord>& record) {
  const int row = chosen_->findData(toQString(record->folder));
  if (record->kind() != "finetune" || row < 0) return;
  chosen_->setCurrentIndex(row);
  emit frontRequested();
}

void FineTuningPage::showRun() {
  const auto run = toPath(chosen_->currentData().toString());
  const auto known = runs_.find(run);
  if (known == runs_.end()) {
    shown_.clear();
    result_.reset();
    return;
  }
  drawLoss(*known->second);
  if (run == shown_) return;
  shown_ = run;
  result_.reset();
  showResult();
  readResult(run);
}

void FineTuningPage::drawLoss(const RunRecord& record) {
  const auto* steps = record.column("step");
  const auto* loss = record.column("loss");
  std::vector<Curve> curves;
  if (steps != nullptr && loss != nullptr) {
    curves.push_back({QString::fromStdString(record.name()), 0, *steps, *loss});
  }
  loss_->setCurves(std::move(curves), {});
}

void FineTuningPage::readResult(const std::filesystem::path& run) {
  const auto read = std::make_shared<FineTuningResult>();
  errands_.run(
      "cannot read what was fine-tuned", [run, read] { *read = readFineTuningResult(run); },
      [this, run, read](const std::optional<Failure>& failure) {
        if (run != shown_) return;
        if (failure) {
          const bool runs = runs_.contains(run) && runs_.at(run)->state() == "running";
          summary_->setText(runs ? tr("Scales and biases are there when the run has ended.")
                                 : failure->why);
        } else {
          result_ = *read;
          showResult();
          emit resultShown();
        }
      });
}

/// Whether the scales are of the SAE that the open index shows: else its features are others.
bool FineTuningPage::fits() const {
  if (!result_ || !opened_ || !opened_->hasFeatures()) return false;
  if (opened_->features->size() != result_->scale.size()) return false;
  const auto sae = opened_->provenance.find("sae_hash");
  return result_->saeHash.empty() || sae == opened_->provenance.end() ||
         sae->second == result_->saeHash;
}

/// Whether the table's scales are those of this run.
bool FineTuningPage::isIndexed() const {
  if (!fits() || !opened_->features->fineTuned) return false;
  const auto scales = opened_->provenance.find("fine_tuning_hash");
  return scales == opened_->provenance.end() || scales->second == result_->scalesHash;
}

void FineTuningPage::showResult() {
  if (!result_) {
    scales_->setValues({});
    biases_->setValues({});
    for (ResultTable* table : {enhanced_, inhibited_, examples_}) table->setTable({}, {}, {}, 0);
    examplesHead_->clear();
    summary_->clear();
    return;
  }
  scales_->setValues(SortedValues::from(result_->scale, result_->untouchedScale));
  biases_->setValues(SortedValues::from(result_->bias, 0));
  fillChanged(*enhanced_, true);
  fillChanged(*inhibited_, false);
  const auto changed = [this](bool enhanced) {
    const std::size_t all = result_->scale.size();
    return formatCount(std::ssize(mostChanged(*result_, enhanced, all)));
  };
  QString text =
      tr("<b>%1</b> features enhanced, <b>%2</b> inhibited").arg(changed(true), changed(false));
  if (opened_ && opened_->hasFeatures() && !fits()) {
    text += tr(" &nbsp; of another SAE than the open index's");
  }
  summary_->setText(text);
  showFeature();
  showBrush();
}

QString FineTuningPage::nameOf(std::size_t feature) const {
  const FeatureId id{static_cast<std::int32_t>(feature)};
  return fits() ? topTokenOf(*opened_->features, id) : QString();
}

void FineTuningPage::fillChanged(ResultTable& table, bool enhanced) {
  std::vector<ResultRow> rows;
  for (const std::size_t feature : mostChanged(*result_, enhanced, kMostListed)) {
    const double c = result_->scale[feature];
    const double d = result_->bias[feature];
    ResultCell scale = numberCell(c, formatValue(c, 3));
    scale.tone = changeCell(c - result_->untouchedScale, {}, kNoticed).tone;
    rows.push_back({{{QString::number(feature)},
                     {nameOf(feature)},
                     scale,
                     changeCell(d, formatSigned(d, 3), kNoticed)},
                    static_cast<std::int64_t>(feature)});
  }
  table.setTable({{tr("id"), ResultKind::Number, {}},
                  {tr("token"), ResultKind::Token, tr("that activates it most often")},
                  {tr("scale c"), ResultKind::Number, {}},
                  {tr("bias d"), ResultKind::Number, {}}},
                 std::move(rows), {42, 60, 56, 56}, 1);
}

void FineTuningPage::showPage(const std::shared_ptr<const FeaturePageData>& page) {
  page_ = page;
  showFeature();
}

/// An activation is z itself where it is above 0, so that what it becomes needs no model.
void FineTuningPage::showFeature() {
  const auto feature = selection_.feature();
  if (!fits() || !feature) {
    scales_->setChosen(std::nullopt);
    biases_->setChosen(std::nullopt);
    return;
  }
  scales_->setChosen(feature);
  biases_->setChosen(feature);
  if (!page_ || page_->feature.feature != *feature) return;
  const auto index = static_cast<std::size_t>(feature->value);
  const double c = result_->scale[index];
  const double d = result_->bias[index];
  examplesHead_->setText(tr("Feature %1 before and after: c = %2, d = %3")
                             .arg(feature->value)
                             .arg(formatValue(c, 3), formatSigned(d, 3)));
  std::vector<ResultRow> rows;
  for (const ActivationRow& row : page_->activations) {
    const double z = row.activation.activation;
    const double after = std::max(0.0, c * z + d);
    rows.push_back({{{before(row.context)},
                     {QString::fromStdString(row.activation.strToken)},
                     numberCell(z, formatValue(z)),
                     numberCell(after, formatValue(after)),
                     changeCell(after - z, formatSigned(after - z), kNoticed)}});
  }
  examples_->setTable({{tr("context"), ResultKind::Context, {}},
                       {tr("token"), ResultKind::Token, {}},
                       {tr("before"), ResultKind::Number, {}},
                       {tr("after"), ResultKind::Number, tr("ReLU(c·z + d)")},
                       {tr("Δ"), ResultKind::Number, {}}},
                      std::move(rows), {160, 84, 62, 62, 62}, 0);
}

void FineTuningPage::brush(FeatureColumn column, std::optional<std::pair<double, double>> range) {
  if (!fits()) return;
  if (!opened_->features->fineTuned) {
    emit told(
        tr("The open index has no scales: build one with this fine-tuning to filter by them"));
    return;
  }
  selection_.setBrush(range ? std::optional(Brush{column, range->first, range->second})
                            : std::nullopt);
}

void FineTuningPage::showBrush() {
  const auto& brushed = selection_.brush();
  const auto rangeOf = [&](FeatureColumn column) -> std::optional<std::pair<double, double>> {
    if (!brushed || brushed->column != column || !isIndexed()) return std::nullopt;
    return std::pair(brushed->low, brushed->high);
  };
  scales_->setRange(rangeOf(FeatureColumn::Scale));
  biases_->setRange(rangeOf(FeatureColumn::Shift));
}

}  // namespace featurescope
