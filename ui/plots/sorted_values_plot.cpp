// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/sorted_values_plot.h"

#include "core/base/numbers.h"
#include "ui/plots/figure_menu.h"

#include <QCoreApplication>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace featurescope {

namespace {

constexpr double kDragPixels = 4;  ///< a shorter way is a click
constexpr int kRangeAlpha = 45;

void styleTracer(QCPItemTracer& tracer, const QColor& color, double size) {
  tracer.setStyle(QCPItemTracer::tsCircle);
  tracer.setSize(size);
  tracer.setPen(QPen(color, 1.5));
  tracer.setBrush(color);
}

}  // namespace

SortedValues SortedValues::from(const std::vector<double>& byFeature, double neutral) {
  std::vector<std::size_t> order(byFeature.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return byFeature[a] > byFeature[b]; });
  SortedValues sorted;
  sorted.neutral = neutral;
  for (const std::size_t feature : order) {
    sorted.features.push_back(FeatureId{static_cast<std::int32_t>(feature)});
    sorted.values.push_back(byFeature[feature]);
  }
  return sorted;
}

void draw(QCustomPlot& plot, const SortedValues& values, const FigureStyle& style) {
  apply(plot, style);
  plot.xAxis->setLabel(
      QCoreApplication::translate("SortedValuesPlot", "features, the largest first"));
  plot.clearGraphs();
  QVector<double> ranks(static_cast<qsizetype>(values.values.size()));
  std::iota(ranks.begin(), ranks.end(), 0.0);
  QCPGraph* line = plot.addGraph();
  line->setData(ranks, QVector<double>(values.values.begin(), values.values.end()),
                /*alreadySorted=*/true);
  line->setPen(QPen(style.colors.curve(0), style.line));
  const double last = std::max(1.0, static_cast<double>(values.values.size()) - 1);
  QCPGraph* neutral = plot.addGraph();
  neutral->setData({0, last}, {values.neutral, values.neutral}, /*alreadySorted=*/true);
  neutral->setPen(QPen(style.colors.dim, style.line * 0.7, Qt::DashLine));
  plot.xAxis->setRange(0, last);
  line->rescaleValueAxis();
  neutral->rescaleValueAxis(/*onlyEnlarge=*/true);
  plot.yAxis->scaleRange(1.1);
}

Figure makeFigure(const QString& name, const QString& title, const SortedValues& values) {
  Figure figure;
  figure.name = name;
  figure.title = title;
  figure.draw = [values, title](QCustomPlot& plot, const FigureStyle& style) {
    draw(plot, values, style);
    plot.yAxis->setLabel(title);
  };
  figure.table.header = {"rank", "feature", name.toStdString()};
  for (std::size_t rank = 0; rank < values.values.size(); ++rank) {
    figure.table.rows.push_back({std::to_string(rank + 1),
                                 std::to_string(values.features[rank].value),
                                 shortest(static_cast<float>(values.values[rank]))});
  }
  return figure;
}

SortedValuesPlot::SortedValuesPlot(const QString& title, const QString& symbol, QWidget* parent)
    : QWidget(parent),
      symbol_(symbol),
      readout_(new QLabel),
      plot_(new QCustomPlot),
      range_(new QCPItemRect(plot_)),
      tracer_(new QCPItemTracer(plot_)),
      mark_(new QCPItemTracer(plot_)) {
  auto* heading = new QLabel(title);
  heading->setProperty("role", "heading");
  readout_->setProperty("role", "note");
  readout_->setMinimumHeight(18);
  plot_->setAccessibleName(title);
  plot_->setMouseTracking(true);
  new FigureMenu(*plot_, [this, title] {
    return values_.values.empty() ? Figure{} : makeFigure(objectName(), title, values_);
  });
  range_->setVisible(false);
  tracer_->setVisible(false);
  mark_->setVisible(false);
  auto* head = new QVBoxLayout;
  head->setContentsMargins(4, 0, 10, 0);
  head->setSpacing(0);
  head->addWidget(heading);
  head->addWidget(readout_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addLayout(head);
  rows->addWidget(plot_, 1);
  setMinimumSize(200, 130);

  connect(plot_, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    pressed_ = event->position().x();
    dragging_ = false;
  });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    const double x = event->position().x();
    if (pressed_ && (event->buttons() & Qt::LeftButton) != 0) drag(x);
    hover(x);
  });
  connect(plot_, &QCustomPlot::mouseRelease, this, [this] { release(); });
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
    pressed_.reset();
    emit rangeMarked(std::nullopt);
  });
}

void SortedValuesPlot::setColors(const PlotColors& colors) {
  colors_ = colors;
  QColor range = colors.curve(0);
  range.setAlpha(kRangeAlpha);
  range_->setPen(Qt::NoPen);
  range_->setBrush(range);
  styleTracer(*tracer_, colors.text, 6);
  styleTracer(*mark_, colors.curve(1), 8);
  rebuild();
}

void SortedValuesPlot::setValues(SortedValues values) {
  values_ = std::move(values);
  rebuild();
}

void SortedValuesPlot::rebuild() {
  draw(*plot_, values_, FigureStyle::screen(colors_, font()));
  plot_->axisRect()->setVisible(!values_.values.empty());
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) axis->setVisible(!values_.values.empty());
  setChosen(chosen_);
  showReadout(std::nullopt);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void SortedValuesPlot::setChosen(std::optional<FeatureId> feature) {
  chosen_ = feature;
  const auto found =
      feature ? std::ranges::find(values_.features, *feature) : values_.features.end();
  mark_->setVisible(found != values_.features.end());
  if (found != values_.features.end()) {
    const auto rank = static_cast<std::size_t>(found - values_.features.begin());
    mark_->position->setCoords(static_cast<double>(rank), values_.values[rank]);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void SortedValuesPlot::setRange(std::optional<std::pair<double, double>> range) {
  range_->setVisible(range.has_value());
  if (range) {
    const auto above = [&](double bound) {
      return static_cast<double>(
          std::ranges::count_if(values_.values, [bound](double value) { return value > bound; }));
    };
    const double first = above(range->second);
    const double last = std::max(first, above(std::nextafter(range->first, -INFINITY)) - 1);
    range_->topLeft->setCoords(first, plot_->yAxis->range().upper);
    range_->bottomRight->setCoords(last, plot_->yAxis->range().lower);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

std::optional<std::size_t> SortedValuesPlot::rankAt(double x) const {
  if (values_.values.empty()) return std::nullopt;
  const double rank = std::round(plot_->xAxis->pixelToCoord(x));
  const double last = static_cast<double>(values_.values.size()) - 1;
  return static_cast<std::size_t>(std::clamp(rank, 0.0, last));
}

void SortedValuesPlot::hover(double x) {
  const auto rank = rankAt(x);
  tracer_->setVisible(rank.has_value());
  if (rank) tracer_->position->setCoords(static_cast<double>(*rank), values_.values[*rank]);
  showReadout(rank);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void SortedValuesPlot::showReadout(std::optional<std::size_t> rank) {
  if (!rank) return readout_->setText(QString());
  readout_->setText(tr("feature %1: %2 = %3, rank %4")
                        .arg(values_.features[*rank].value)
                        .arg(symbol_, QLocale().toString(values_.values[*rank], 'f', 4))
                        .arg(*rank + 1));
}

QString SortedValuesPlot::readout() const { return readout_->text(); }

void SortedValuesPlot::drag(double x) {
  if (std::abs(x - *pressed_) >= kDragPixels) dragging_ = true;
  const auto first = rankAt(std::min(x, *pressed_));
  const auto last = rankAt(std::max(x, *pressed_));
  if (!dragging_ || !first || !last) return;
  setRange(std::pair(values_.values[*last], values_.values[*first]));
  emit rangeMarked(std::pair(values_.values[*last], values_.values[*first]));
}

void SortedValuesPlot::release() {
  const auto pressed = std::exchange(pressed_, std::nullopt);
  if (!pressed || dragging_) return;
  if (const auto rank = rankAt(*pressed)) emit featureClicked(values_.features[*rank]);
}

QPoint SortedValuesPlot::pointOf(std::size_t rank) const {
  return {static_cast<int>(plot_->xAxis->coordToPixel(static_cast<double>(rank))),
          static_cast<int>(plot_->yAxis->coordToPixel(values_.values.at(rank)))};
}

QWidget* SortedValuesPlot::plotArea() const { return plot_; }

}  // namespace featurescope
