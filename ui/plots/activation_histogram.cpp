// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/activation_histogram.h"

#include "core/base/numbers.h"
#include "ui/plots/step_curve.h"

#include <QCoreApplication>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

/// Where bars begin on the logarithmic axis: below one count.
constexpr double kFloor = 0.6;
constexpr double kFaintest = 0.35;

QString translated(const char* text) {
  return QCoreApplication::translate("ActivationHistogram", text);
}

}  // namespace

void draw(QCustomPlot& plot, const ActivationHistogram& data, const FigureStyle& style) {
  apply(plot, style);
  plot.yAxis->setScaleType(QCPAxis::stLogarithmic);
  plot.yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
  plot.yAxis->setNumberFormat("f");
  plot.yAxis->setNumberPrecision(0);
  if (!style.compact) {
    plot.xAxis->setLabel(translated("activation"));
    plot.yAxis->setLabel(translated("tokens"));
  }
  if (data.low.empty()) return;
  const double top = data.high.back();
  double most = 1;
  for (std::size_t bin = 0; bin < data.low.size(); ++bin) {
    const auto count = static_cast<double>(data.counts[bin]);
    most = std::max(most, count);
    if (count <= 0) continue;
    auto* bar = new QCPItemRect(&plot);
    const double gap = (data.high[bin] - data.low[bin]) * 0.06;
    bar->topLeft->setCoords(data.low[bin] + gap, count);
    bar->bottomRight->setCoords(data.high[bin] - gap, kFloor);
    bar->setPen(Qt::NoPen);
    const double share = kFaintest + (1 - kFaintest) * std::clamp(data.high[bin] / top, 0.0, 1.0);
    bar->setBrush(mixed(style.colors.background, style.colors.activation, share));
  }
  if (!data.countsFineTuned.empty()) {
    std::vector<double> after;
    for (const std::int64_t count : data.countsFineTuned) {
      after.push_back(count > 0 ? static_cast<double>(count) : kFloor);
      most = std::max(most, after.back());
    }
    QCPGraph* outline = addSteps(plot, data.low, data.high, after);
    outline->setPen(QPen(style.colors.text, style.line * 0.8));
    outline->setName(translated("after fine-tuning"));
  }
  plot.xAxis->setRange(data.low.front(), top);
  plot.yAxis->setRange(kFloor, most * 1.6);
}

Figure makeFigure(const ActivationHistogram& data) {
  Figure figure;
  figure.name = "activation-histogram";
  figure.title = translated("Activations over the corpus (log count)");
  figure.caption = translated(
      "Tokens of the corpus by the feature's value, where it is above 0; bins of a quarter octave, "
      "on a logarithmic axis.");
  figure.draw = [data](QCustomPlot& plot, const FigureStyle& style) { draw(plot, data, style); };
  const bool tuned = !data.countsFineTuned.empty();
  figure.table.header = {"low", "high", "count"};
  if (tuned) figure.table.header.emplace_back("count_ft");
  for (std::size_t bin = 0; bin < data.low.size(); ++bin) {
    std::vector<std::string> row{shortest(data.low[bin]), shortest(data.high[bin]),
                                 std::to_string(data.counts[bin])};
    if (tuned) row.push_back(std::to_string(data.countsFineTuned[bin]));
    figure.table.rows.push_back(std::move(row));
  }
  return figure;
}

std::optional<std::size_t> binOf(const ActivationHistogram& data, double value) {
  const auto above = std::upper_bound(data.low.begin(), data.low.end(), value);
  if (above == data.low.begin()) return std::nullopt;
  const auto bin = static_cast<std::size_t>(above - data.low.begin()) - 1;
  return value < data.high[bin] || bin + 1 == data.low.size() ? std::optional(bin) : std::nullopt;
}

}  // namespace featurescope
