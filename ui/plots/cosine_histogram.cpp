// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/cosine_histogram.h"

#include "core/base/numbers.h"
#include "ui/plots/step_curve.h"

#include <QCoreApplication>
#include <QLocale>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace featurescope {

namespace {

QString translated(const char* text) {
  return QCoreApplication::translate("CosineHistogram", text);
}

/// Counts as they are drawn: themselves, or shares of their sum.
std::vector<double> heightsOf(const std::vector<std::int64_t>& counts, bool asShares) {
  const auto sum =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<double> heights;
  heights.reserve(counts.size());
  for (const std::int64_t count : counts) {
    const auto value = static_cast<double>(count);
    heights.push_back(asShares ? (sum > 0 ? value / sum : 0) : value);
  }
  return heights;
}

/// "0.1% to 1%"
QString nameOf(const CosineHistogram::Stratum& stratum) {
  const auto percent = [](double density) {
    return QLocale().toString(density * 100, 'g', 3) + u'%';
  };
  return translated("alive, %1 to %2").arg(percent(stratum.low), percent(stratum.high));
}

/// From pale (rare) to full (dense).
QColor shade(const QColor& color, const QColor& background, std::size_t index, std::size_t count) {
  const double share =
      count < 2 ? 1 : 0.35 + 0.65 * static_cast<double>(index) / static_cast<double>(count - 1);
  return mixed(background, color, share);
}

}  // namespace

CosineHistogram countCosines(std::span<const CosineSample> samples, int bins,
                             std::span<const double> decades) {
  CosineHistogram data;
  const auto count = static_cast<std::size_t>(bins);
  for (std::size_t edge = 0; edge <= count; ++edge) {
    data.edges.push_back(2.0 * static_cast<double>(edge) / bins - 1);
  }
  data.dead.assign(count, 0);
  data.alive.assign(count, 0);
  for (std::size_t i = 0; i + 1 < decades.size(); ++i) {
    data.strata.push_back({decades[i], decades[i + 1], std::vector<std::int64_t>(count, 0)});
  }
  for (const CosineSample& sample : samples) {
    if (std::isnan(sample.cosine)) continue;
    const double place = std::floor((std::clamp(sample.cosine, -1.0, 1.0) + 1) / 2 * bins);
    const auto bin = std::min(static_cast<std::size_t>(place), count - 1);
    ++(sample.dead ? data.dead : data.alive)[bin];
    if (sample.dead) continue;
    for (CosineHistogram::Stratum& stratum : data.strata) {
      if (sample.density >= stratum.low && sample.density < stratum.high) ++stratum.counts[bin];
    }
  }
  return data;
}

void draw(QCustomPlot& plot, const CosineHistogram& data, const FigureStyle& style) {
  apply(plot, style);
  plot.yAxis->setScaleType(QCPAxis::stLinear);
  plot.yAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
  plot.yAxis->setNumberFormat("g");
  plot.yAxis->setNumberPrecision(6);
  plot.xAxis->setLabel(translated("cosine with the average dead feature"));
  plot.yAxis->setLabel(data.asShares ? translated("share of the group") : translated("features"));
  const std::vector<double> low(data.edges.begin(), data.edges.end() - 1);
  const std::vector<double> high(data.edges.begin() + 1, data.edges.end());
  double most = 0;
  double left = 1;
  double right = -1;
  const auto add = [&](const std::vector<std::int64_t>& counts, const QColor& color,
                       const QString& name, int alpha) {
    const std::vector<double> heights = heightsOf(counts, data.asShares);
    for (std::size_t bin = 0; bin < heights.size(); ++bin) {
      if (heights[bin] <= 0) continue;
      most = std::max(most, heights[bin]);
      left = std::min(left, low[bin]);
      right = std::max(right, high[bin]);
    }
    QCPGraph* graph = addSteps(plot, low, high, heights);
    graph->setPen(QPen(color, style.line));
    QColor fill = color;
    fill.setAlpha(alpha);
    graph->setBrush(fill);
    graph->setName(name);
  };
  if (data.strata.empty()) {
    add(data.alive, style.colors.alive, translated("alive"), 70);
  } else {
    for (std::size_t i = 0; i < data.strata.size(); ++i) {
      add(data.strata[i].counts,
          shade(style.colors.alive, style.colors.background, i, data.strata.size()),
          nameOf(data.strata[i]), 25);
    }
  }
  add(data.dead, style.colors.dead, translated("dead"), 70);
  if (data.randomDead) {
    auto* line = new QCPItemStraightLine(&plot);
    line->point1->setCoords(*data.randomDead, 0);
    line->point2->setCoords(*data.randomDead, 1);
    line->setPen(QPen(style.colors.cursor, style.line, Qt::DashLine));
    QCPGraph* named = plot.addGraph();  // gives the line its entry in the legend
    named->setPen(line->pen());
    named->setName(translated("dead in a random dictionary"));
    left = std::min(left, *data.randomDead);
    right = std::max(right, *data.randomDead);
  }
  if (left > right) {
    left = -1;
    right = 1;
  }
  const double margin = 0.04 * (right - left) + 0.01;
  plot.xAxis->setRange(std::max(-1.0, left - margin), std::min(1.0, right + margin));
  plot.yAxis->setRange(0, most > 0 ? most * 1.08 : 1);
  showLegendAbove(plot, data.strata.empty() ? 3 : 2);
}

Figure makeFigure(const CosineHistogram& data) {
  Figure figure;
  figure.name = "cosines";
  figure.title = translated("Cosines of features with the average dead feature");
  figure.caption = translated(
      "Features by the cosine of their row with the mean of the dead features' rows. A feature is "
      "dead when no token of the corpus activates it (value above 0); each dead feature is a part "
      "of that mean.");
  if (data.randomDead) {
    figure.caption += translated(
        " Dashed: the mean cosine of as many dead features of a dictionary of random directions.");
  }
  if (!data.strata.empty()) figure.aspect = 0.8;  // room for a long legend
  figure.draw = [data](QCustomPlot& plot, const FigureStyle& style) { draw(plot, data, style); };
  figure.table.header = {"low", "high", "dead", "alive"};
  for (const auto& stratum : data.strata) {
    figure.table.header.push_back("alive_density_" + shortest(stratum.low) + "_to_" +
                                  shortest(stratum.high));
  }
  for (std::size_t bin = 0; bin < data.dead.size(); ++bin) {
    std::vector<std::string> row{shortest(data.edges[bin]), shortest(data.edges[bin + 1]),
                                 std::to_string(data.dead[bin]), std::to_string(data.alive[bin])};
    for (const auto& stratum : data.strata) row.push_back(std::to_string(stratum.counts[bin]));
    figure.table.rows.push_back(std::move(row));
  }
  return figure;
}

}  // namespace featurescope
