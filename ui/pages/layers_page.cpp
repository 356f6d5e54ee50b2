// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/layers_page.h"

#include "ui/bridge/errands.h"
#include "ui/bridge/layer_evaluation.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/window_context.h"
#include "ui/models/number_format.h"
#include "ui/pages/page_parts.h"
#include "ui/pages/result_table.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace featurescope {
namespace {

namespace fs = std::filesystem;

LayerLossBars barsOf(const LayerEvaluation& evaluation) {
  return {evaluation.base, evaluation.layers, evaluation.sae, evaluation.zero, evaluation.trained};
}

}  // namespace

LayersPage::LayersPage(const WindowContext& context, QWidget* parent)
    : Page(tr("Layers"), parent),
      errands_(context.errands),
      body_(new QStackedWidget),
      chosen_(new QComboBox),
      logarithmic_(new QCheckBox(tr("log"))),
      plot_(new LayerLossesPlot),
      table_(new ResultTable) {
  setObjectName("layersPage");
  table_->setObjectName("layersTable");
  table_->setAccessibleName(tr("Losses by layer"));
  auto* shown = makeSplitter("layersSplitter", Qt::Vertical, {plot_, table_});
  shown->setStretchFactor(0, 3);
  shown->setStretchFactor(1, 1);
  auto* filled = new QWidget;
  auto* rows = new QVBoxLayout(filled);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(makeBar());
  rows->addWidget(shown, 1);
  body_->addWidget(makeEmpty());
  body_->addWidget(filled);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(body_);
  connect(chosen_, &QComboBox::currentIndexChanged, this, &LayersPage::showChosen);
  connect(logarithmic_, &QCheckBox::toggled, plot_, &LayerLossesPlot::setLogarithmic);
}

QWidget* LayersPage::makeBar() {
  chosen_->setObjectName("layersEvaluation");
  chosen_->setAccessibleName(tr("Evaluation"));
  chosen_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  logarithmic_->setObjectName("layersLog");
  logarithmic_->setToolTip(tr("Logarithmic vertical axis: where one layer dwarfs the others"));
  auto* open = new QPushButton(tr("Open…"));
  open->setProperty("role", "flat");
  auto* evaluate = new QPushButton(tr("Evaluate…"));
  evaluate->setProperty("role", "flat");
  connect(open, &QPushButton::clicked, this, &LayersPage::openFile);
  connect(evaluate, &QPushButton::clicked, this, [this] { emit actionRequested("evaluate"); });
  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(12, 10, 12, 4);
  line->setSpacing(8);
  line->addWidget(chosen_);
  line->addWidget(logarithmic_);
  line->addStretch(1);
  line->addWidget(open);
  line->addWidget(evaluate);
  return bar;
}

QWidget* LayersPage::makeEmpty() {
  auto* empty = new EmptyState(
      tr("What does the SAE cost in each layer? Evaluate it on a text with a range of layers: the "
         "model's loss is measured with the SAE in each layer alone."),
      "layersReason");
  QPushButton* evaluate = empty->addButton(tr("Evaluate…"));
  evaluate->setObjectName("layersEvaluate");
  connect(evaluate, &QPushButton::clicked, this, [this] { emit actionRequested("evaluate"); });
  connect(empty->addButton(tr("Open an evaluation…")), &QPushButton::clicked, this,
          &LayersPage::openFile);
  return empty;
}

FigureProvenance LayersPage::provenance() const {
  const int index = chosen_->currentIndex();
  if (index < 0) return {};
  return {{"evaluation", evaluations_[static_cast<std::size_t>(index)].file.string()}};
}

void LayersPage::setColors(const PageColors& colors, const PlotColors& plotColors) {
  plot_->setColors(plotColors);
  table_->setColors(colors);
}

void LayersPage::setOpened(const std::shared_ptr<const OpenedIndex>& opened) {
  ++generation_;
  evaluations_.clear();
  {
    const QSignalBlocker quiet(chosen_);
    chosen_->clear();
  }
  body_->setCurrentIndex(0);
  if (!opened || !opened->study) return;
  const auto files = std::make_shared<std::vector<fs::path>>();
  errands_.run(
      "cannot look for evaluations",
      [files, folder = opened->study->folder / "evaluations"] { *files = evaluationsIn(folder); },
      [this, files, generation = generation_](const auto&) {
        if (generation == generation_) read(*files, false);
      });
}

void LayersPage::showEvaluation(const fs::path& file) { read({file}, true); }

void LayersPage::read(const std::vector<fs::path>& files, bool show) {
  for (const fs::path& file : files) {
    const auto bars = std::make_shared<LayerLossBars>();
    errands_.run(
        "cannot read an evaluation", [bars, file] { *bars = barsOf(readLayerEvaluation(file)); },
        [this, bars, file, show, generation = generation_](const auto& failure) {
          if (generation != generation_) return;
          if (failure && show) emit failed(*failure);
          if (!failure) add({file, *bars}, show);
        });
  }
}

/// An evaluation of one place has nothing to show by layer.
void LayersPage::add(Evaluation evaluation, bool show) {
  if (evaluation.bars.layers.empty()) {
    if (show) emit told(tr("This evaluation is of one layer; name a range to compare layers"));
    return;
  }
  const auto known = std::ranges::find(evaluations_, evaluation.file, &Evaluation::file);
  const auto index = static_cast<int>(known - evaluations_.begin());
  if (known != evaluations_.end()) {
    *known = std::move(evaluation);
  } else {
    evaluations_.push_back(std::move(evaluation));
    const QSignalBlocker quiet(chosen_);
    chosen_->addItem(toQString(evaluations_.back().file.stem()));
    chosen_->setItemData(index, toQString(evaluations_.back().file), Qt::ToolTipRole);
  }
  {
    const QSignalBlocker quiet(chosen_);
    chosen_->setCurrentIndex(index);
  }
  body_->setCurrentIndex(1);
  showChosen();
  if (show) emit frontRequested();
}

void LayersPage::showChosen() {
  const int index = chosen_->currentIndex();
  if (index < 0) return;
  const LayerLossBars& bars = evaluations_[static_cast<std::size_t>(index)].bars;
  plot_->setBars(bars);
  std::vector<ResultRow> rows;
  for (std::size_t i = 0; i < bars.layers.size(); ++i) {
    const double extra = bars.sae[i] - bars.base;
    rows.push_back({{{QString::number(bars.layers[i])},
                     numberCell(bars.base, formatValue(bars.base, 4)),
                     numberCell(bars.sae[i], formatValue(bars.sae[i], 4)),
                     numberCell(extra, formatSigned(extra, 4)),
                     numberCell(bars.zero[i], formatValue(bars.zero[i], 4))}});
  }
  table_->setTable({{tr("layer"), ResultKind::Number, {}},
                    {tr("loss"), ResultKind::Number, tr("of the model as it is, nats a token")},
                    {tr("with the SAE"), ResultKind::Number, {}},
                    {tr("added"), ResultKind::Number, tr("by the SAE")},
                    {tr("with zeros"), ResultKind::Number, tr("in the site's place")}},
                   std::move(rows), {64, 100, 110, 100, 100}, -1);
}

void LayersPage::openFile() {
  auto* dialog = new QFileDialog(this, tr("Open an evaluation"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Evaluations (*.json)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& file) { showEvaluation(toPath(file)); });
  dialog->open();
}

}  // namespace featurescope
