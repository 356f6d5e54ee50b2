// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/training_page.h"

#include "ui/bridge/paths.h"
#include "ui/bridge/run_watch.h"
#include "ui/bridge/window_context.h"
#include "ui/models/number_format.h"
#include "ui/pages/page_parts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace featurescope {

namespace {

/// The paper's four curves and what explains them, by the columns of metrics.csv; then what an SAE
/// in place costs on held-out text, by those of held_out.csv.
struct PlotKind {
  const char* column;
  const char* title;
  bool heldOut = false;
  const char* beside = nullptr;  ///< a column to compare with, dashed
};
constexpr std::array kPlots{
    PlotKind{"l0", QT_TRANSLATE_NOOP("TrainingPage", "Active features a token (l0)")},
    PlotKind{"l1_coeff", QT_TRANSLATE_NOOP("TrainingPage", "L1 coefficient β")},
    PlotKind{"recon_loss", QT_TRANSLATE_NOOP("TrainingPage", "Reconstruction loss ‖x − x̂‖²")},
    PlotKind{"l1_loss", QT_TRANSLATE_NOOP("TrainingPage", "L1 loss ‖f‖₁")},
    PlotKind{"dead", QT_TRANSLATE_NOOP("TrainingPage", "Dead features")},
    PlotKind{"loss", QT_TRANSLATE_NOOP("TrainingPage", "Loss")},
    PlotKind{"loss_sae",
             QT_TRANSLATE_NOOP("TrainingPage", "Model's loss, held out; dashed: without the SAE"),
             true, "loss_base"},
    PlotKind{"explained_variance",
             QT_TRANSLATE_NOOP("TrainingPage", "Explained variance, held out"), true},
};
constexpr int kPlotsInARow = 2;
constexpr int kSmoothingSteps = 10;

QIcon swatch(const QColor& color) {
  QPixmap pixmap(24, 24);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(color);
  painter.setPen(Qt::NoPen);
  painter.drawRoundedRect(QRectF(1, 4, 10, 4), 2, 2);
  return pixmap;
}

}  // namespace

TrainingPage::TrainingPage(const WindowContext& context, QWidget* parent)
    : Page(tr("Training"), parent),
      body_(new QStackedWidget),
      list_(new QListWidget),
      grid_(new QGridLayout),
      xAxis_(new QComboBox),
      logarithmic_(new QCheckBox(tr("log y"))),
      logarithmicX_(new QCheckBox(tr("log x"))),
      smoothing_(new QSlider(Qt::Horizontal)) {
  setObjectName("trainingPage");
  auto* gridArea = new QWidget;
  for (const PlotKind& kind : kPlots) {
    auto* plot = new CurvePlot(tr(kind.title), gridArea);
    plot->setObjectName(
        (kind.heldOut ? QStringLiteral("plot-held-out-") : QStringLiteral("plot-")) +
        QLatin1String(kind.column));
    plot->setXLabel(tr("tokens"));
    plots_.push_back(plot);
    connect(plot, &CurvePlot::cursorMoved, this, [this](std::optional<double> x) {
      for (CurvePlot* each : plots_) each->setCursor(x);
    });
  }
  grid_->setContentsMargins(10, 8, 4, 8);
  grid_->setSpacing(10);

  auto* plots = new QWidget;
  auto* rows = new QVBoxLayout(plots);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(makeBar());
  gridArea->setLayout(grid_);
  rows->addWidget(gridArea, 1);
  auto* withList = new QWidget;
  auto* columns = new QHBoxLayout(withList);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(0);
  columns->addWidget(makeList());
  columns->addWidget(plots, 1);

  auto* empty = new EmptyState(tr("No training run yet. Start one here or with <b>featurescope "
                                  "train</b>, or open the folder "
                                  "of one: its curves are drawn while it runs."),
                               "trainingReason");
  QPushButton* train = empty->addButton(tr("Train an SAE…"));
  train->setObjectName("trainFromEmpty");
  connect(train, &QPushButton::clicked, this,
          [this] { emit actionRequested(QStringLiteral("train")); });
  QPushButton* openRun = empty->addButton(tr("Open a run…"));
  openRun->setObjectName("openRunFromEmpty");
  connect(openRun, &QPushButton::clicked, this,
          [this] { emit actionRequested(QStringLiteral("openRun")); });

  body_->addWidget(empty);
  body_->addWidget(withList);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->addWidget(body_);

  connect(&context.runs, &RunWatch::listed, this, &TrainingPage::setRuns);
  connect(&context.runs, &RunWatch::changed, this, &TrainingPage::setRecord);
  connect(&context.runs, &RunWatch::began, this, &TrainingPage::bringUp);
}

QWidget* TrainingPage::makeBar() {
  xAxis_->setObjectName("trainingX");
  xAxis_->setAccessibleName(tr("Horizontal axis"));
  xAxis_->addItem(tr("tokens"), QStringLiteral("tokens"));
  xAxis_->addItem(tr("steps"), QStringLiteral("step"));
  logarithmic_->setObjectName("trainingLog");
  logarithmic_->setToolTip(tr("Logarithmic vertical axes"));
  logarithmicX_->setObjectName("trainingLogX");
  logarithmicX_->setToolTip(tr("Logarithmic horizontal axis"));
  smoothing_->setObjectName("trainingSmoothing");
  smoothing_->setAccessibleName(tr("Smoothing"));
  smoothing_->setRange(0, kSmoothingSteps);
  smoothing_->setFixedWidth(110);
  auto* smoothingLabel = new QLabel(tr("smoothing"));
  smoothingLabel->setProperty("role", "dim");

  auto* bar = new QWidget;
  auto* line = new QHBoxLayout(bar);
  line->setContentsMargins(14, 10, 14, 0);
  line->setSpacing(10);
  line->addWidget(xAxis_);
  line->addWidget(logarithmicX_);
  line->addWidget(logarithmic_);
  line->addSpacing(8);
  line->addWidget(smoothingLabel);
  line->addWidget(smoothing_);
  line->addStretch(1);

  connect(xAxis_, &QComboBox::currentIndexChanged, this, [this] {
    for (CurvePlot* plot : plots_) plot->setXLabel(xAxis_->currentText());
    drawAll();
  });
  connect(logarithmic_, &QCheckBox::toggled, this, [this](bool on) {
    for (CurvePlot* plot : plots_) plot->setLogarithmic(on);
  });
  connect(logarithmicX_, &QCheckBox::toggled, this, [this](bool on) {
    for (CurvePlot* plot : plots_) plot->setLogarithmicX(on);
  });
  connect(smoothing_, &QSlider::valueChanged, this, [this] {
    for (CurvePlot* plot : plots_) plot->setSmoothing(smoothing());
  });
  return bar;
}

QWidget* TrainingPage::makeList() {
  list_->setObjectName("runList");
  list_->setAccessibleName(tr("Runs"));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setFixedWidth(168);
  list_->setWordWrap(true);
  connect(list_, &QListWidget::itemChanged, this, &TrainingPage::toggled);
  auto* openRun = new QPushButton(tr("Open a run…"));
  openRun->setObjectName("openRun");
  openRun->setProperty("role", "link");
  connect(openRun, &QPushButton::clicked, this,
          [this] { emit actionRequested(QStringLiteral("openRun")); });

  auto* side = new QWidget;
  side->setObjectName("runSide");
  auto* rows = new QVBoxLayout(side);
  rows->setContentsMargins(8, 10, 0, 8);
  rows->addWidget(list_, 1);
  rows->addWidget(openRun, 0, Qt::AlignLeft);
  return side;
}

void TrainingPage::setColors(const PageColors& colors, const PlotColors& plotColors) {
  colors_ = colors;
  plotColors_ = plotColors;
  for (CurvePlot* plot : plots_) plot->setColors(plotColors);
  fillList();
}

FigureProvenance TrainingPage::provenance() const {
  FigureProvenance of;
  for (const Run& run : runs_) {
    if (run.shown) of.emplace_back("run", run.folder.string());
  }
  return of;
}

void TrainingPage::setRuns(const std::vector<std::filesystem::path>& runs) {
  std::vector<Run> known;
  known.reserve(runs.size());
  for (const std::filesystem::path& folder : runs) {
    const auto old =
        std::ranges::find_if(runs_, [&](const Run& run) { return run.folder == folder; });
    known.push_back(old == runs_.end() ? Run{folder, nullptr, false} : *old);
  }
  runs_ = std::move(known);
  showOne();
  fillList();
  drawAll();
  body_->setCurrentIndex(std::ranges::all_of(runs_, &Run::isOther) ? 0 : 1);
}

/// The latest, where none is shown.
void TrainingPage::showOne() {
  if (std::ranges::any_of(runs_, &Run::shown)) return;
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    if (run->isOther()) continue;
    run->shown = true;
    return;
  }
}

void TrainingPage::setRecord(const std::shared_ptr<const RunRecord>& record) {
  const auto run =
      std::ranges::find_if(runs_, [&](const Run& each) { return each.folder == record->folder; });
  if (run == runs_.end()) return;
  run->record = record;
  if (run->isOther()) {
    run->shown = false;
    showOne();
    fillList();
    drawAll();
    body_->setCurrentIndex(std::ranges::all_of(runs_, &Run::isOther) ? 0 : 1);
    return;
  }
  const auto index = run - runs_.begin();
  const QSignalBlocker quiet(list_);
  describe(*list_->item(static_cast<int>(index)), *run, static_cast<std::size_t>(index));
  if (run->shown) drawAll();
}

void TrainingPage::bringUp(const std::shared_ptr<const RunRecord>& record) {
  const auto run =
      std::ranges::find_if(runs_, [&](const Run& each) { return each.folder == record->folder; });
  if (run == runs_.end() || run->isOther()) return;
  run->shown = true;
  fillList();
  drawAll();
  emit frontRequested();
}

void TrainingPage::fillList() {
  const QSignalBlocker quiet(list_);
  list_->clear();
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    auto* item = new QListWidgetItem;
    describe(*item, runs_[i], i);
    list_->addItem(item);
    item->setHidden(runs_[i].isOther());
  }
}

void TrainingPage::describe(QListWidgetItem& item, const Run& run, std::size_t index) const {
  QString text = toQString(run.folder.filename());
  if (run.record) {
    QStringList parts{QString::fromStdString(run.record->state())};
    if (const auto* steps = run.record->column("step"); steps != nullptr && !steps->empty()) {
      parts.append(tr("step %1").arg(formatCount(std::llround(steps->back()))));
    }
    text += u'\n' + parts.join(QStringLiteral(" · "));
  }
  item.setText(text);
  item.setToolTip(toQString(run.folder));
  item.setIcon(swatch(plotColors_.curve(index)));
  item.setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
  item.setCheckState(run.shown ? Qt::Checked : Qt::Unchecked);
}

void TrainingPage::toggled(QListWidgetItem* item) {
  Run& run = runs_[static_cast<std::size_t>(list_->row(item))];
  const bool shown = item->checkState() == Qt::Checked;
  if (std::exchange(run.shown, shown) != shown) drawAll();
}

std::vector<std::filesystem::path> TrainingPage::shownRuns() const {
  std::vector<std::filesystem::path> shown;
  for (const Run& run : runs_) {
    if (run.shown) shown.push_back(run.folder);
  }
  return shown;
}

const std::vector<double>* TrainingPage::xOf(const RunTable& table) const {
  const auto* chosen = table.column(xAxis_->currentData().toString().toStdString());
  return chosen != nullptr ? chosen : table.column("step");
}

double TrainingPage::smoothing() const {
  return smoothing_->value() == 0 ? 0 : std::exp2(smoothing_->value() - 1);
}

std::vector<Curve> TrainingPage::curvesOf(std::size_t plot) const {
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (!run.shown || !run.record) continue;
    const PlotKind& kind = kPlots.at(plot);
    const RunTable& table = kind.heldOut ? run.record->heldOut : run.record->metrics;
    const auto* x = xOf(table);
    const auto* y = table.column(kind.column);
    if (x == nullptr || y == nullptr || (kind.heldOut && x->empty())) continue;
    curves.push_back({QString::fromStdString(run.record->name()), i, *x, *y});
    const auto* beside = kind.beside != nullptr ? table.column(kind.beside) : nullptr;
    if (beside != nullptr) {
      curves.push_back({QString::fromStdString(run.record->name()), i, *x, *beside, true});
    }
  }
  return curves;
}

std::vector<CurveMark> TrainingPage::marks() const {
  std::vector<CurveMark> result;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    if (!run.shown || !run.record) continue;
    const auto* x = xOf(run.record->metrics);
    const auto* steps = run.record->column("step");
    if (x == nullptr || steps == nullptr || steps->empty()) continue;
    for (const RunRecord::Event& event : run.record->events) {
      const auto row =
          std::ranges::lower_bound(*steps, static_cast<double>(event.step)) - steps->begin();
      const auto last = static_cast<std::ptrdiff_t>(steps->size()) - 1;
      result.push_back(
          {(*x)[static_cast<std::size_t>(std::min(row, last))],
           tr("step %1: %2").arg(formatCount(event.step), QString::fromStdString(event.sentence)),
           i, event.kind == "checkpoint"});
    }
  }
  return result;
}

void TrainingPage::drawAll() {
  const std::vector<CurveMark> events = marks();
  for (std::size_t i = 0; i < plots_.size(); ++i) plots_[i]->setCurves(curvesOf(i), events);
  arrange();
}

/// Plots that no shown run has a column for make room for the others.
void TrainingPage::arrange() {
  int place = 0;
  for (CurvePlot* plot : plots_) {
    grid_->removeWidget(plot);
    plot->setVisible(!plot->curves().empty());
    if (plot->curves().empty()) continue;
    grid_->addWidget(plot, place / kPlotsInARow, place % kPlotsInARow);
    ++place;
  }
}

std::vector<CurvePlot*> TrainingPage::visiblePlots() const {
  std::vector<CurvePlot*> visible;
  for (CurvePlot* plot : plots_) {
    if (!plot->curves().empty()) visible.push_back(plot);
  }
  return visible;
}

}  // namespace featurescope
