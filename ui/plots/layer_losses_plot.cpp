// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/layer_losses_plot.h"

#include "core/base/numbers.h"
#include "ui/plots/figure_menu.h"

#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

constexpr double kBarWidth = 0.62;
constexpr std::size_t kBaseCurve = 2;  ///< the palette's green, as in the paper

QCPBars* addBars(QCustomPlot& plot, const QString& name, const QColor& color) {
  auto* bars = new QCPBars(plot.xAxis, plot.yAxis);
  bars->setName(name);
  bars->setPen(Qt::NoPen);
  bars->setBrush(color);
  bars->setWidth(kBarWidth);
  return bars;
}

QSharedPointer<QCPAxisTicker> layerTicker(const LayerLossBars& bars) {
  auto ticker = QSharedPointer<QCPAxisTickerText>::create();
  for (const int layer : bars.layers) {
    QString text = QString::number(layer);
    if (layer == bars.trained) text += QStringLiteral("\n(trained)");
    ticker->addTick(layer, text);
  }
  return ticker;
}

}  // namespace

void draw(QCustomPlot& plot, const LayerLossBars& bars, const FigureStyle& style,
          bool logarithmic) {
  const PlotColors& colors = style.colors;
  apply(plot, style);
  plot.clearPlottables();
  QCPBars* base = addBars(plot, QObject::tr("model"), colors.curve(kBaseCurve));
  QCPBars* added = addBars(plot, QObject::tr("added by the SAE"), colors.dead);
  QCPBars* saved = addBars(plot, QObject::tr("taken away by the SAE"), colors.alive);
  double top = bars.base;
  for (std::size_t i = 0; i < bars.layers.size(); ++i) {
    const double layer = bars.layers[i];
    const double extra = bars.sae[i] - bars.base;
    base->addData(layer, std::min(bars.base, bars.sae[i]));
    added->addData(layer, std::max(extra, 0.0));
    saved->addData(layer, std::max(-extra, 0.0));
    top = std::max(top, bars.sae[i]);
  }
  added->moveAbove(base);
  saved->moveAbove(added);
  plot.yAxis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  plot.yAxis->setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                                    : QSharedPointer<QCPAxisTicker>::create());
  const double bottom =
      logarithmic ? std::pow(10, std::floor(std::log10(std::max(bars.base, 1e-3)))) : 0;
  base->setBaseValue(bottom > 0 ? bottom : 0);
  plot.yAxis->setRange(bottom, top * (logarithmic ? 1.3 : 1.06));
  plot.xAxis->setTicker(layerTicker(bars));
  const bool any = !bars.layers.empty();
  plot.xAxis->setRange(any ? bars.layers.front() - 0.6 : -0.5,
                       any ? bars.layers.back() + 0.6 : 0.5);
  plot.xAxis->setLabel(QObject::tr("layer with the SAE in place"));
  plot.yAxis->setLabel(QObject::tr("loss, nats a token"));
  const bool lowers = std::ranges::any_of(bars.sae, [&](double sae) { return sae < bars.base; });
  if (!lowers) saved->removeFromLegend();
  showLegendAbove(plot, 3);
}

Figure makeFigure(const LayerLossBars& bars, bool logarithmic) {
  Figure figure;
  figure.name = "layer-losses";
  figure.title = QObject::tr("Loss with the SAE in each layer");
  figure.caption = QObject::tr(
      "Mean negative log-likelihood of the predicted tokens, in nats: of the model as it is and, "
      "on "
      "it, what the SAE adds when it takes the place of the site in one layer alone.");
  figure.draw = [bars, logarithmic](QCustomPlot& plot, const FigureStyle& style) {
    draw(plot, bars, style, logarithmic);
  };
  figure.table.header = {"layer", "loss", "loss_sae", "loss_zero"};
  for (std::size_t i = 0; i < bars.layers.size(); ++i) {
    figure.table.rows.push_back({std::to_string(bars.layers[i]), shortest(bars.base),
                                 shortest(bars.sae[i]), shortest(bars.zero[i])});
  }
  return figure;
}

LayerLossesPlot::LayerLossesPlot(QWidget* parent)
    : QWidget(parent), readout_(new QLabel), plot_(new QCustomPlot) {
  setObjectName("layerLossesPlot");
  readout_->setObjectName("layerReadout");
  readout_->setProperty("role", "note");
  readout_->setMinimumHeight(18);
  readout_->setContentsMargins(12, 0, 12, 0);
  plot_->setAccessibleName(tr("Loss with the SAE in each layer"));
  plot_->setMouseTracking(true);
  new FigureMenu(
      *plot_, [this] { return bars_.layers.empty() ? Figure{} : makeFigure(bars_, logarithmic_); });
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(readout_);
  rows->addWidget(plot_, 1);
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    const auto layer =
        static_cast<int>(std::lround(plot_->xAxis->pixelToCoord(event->position().x())));
    const auto found = std::ranges::find(bars_.layers, layer);
    readout_->setText(found == bars_.layers.end()
                          ? QString()
                          : textOf(static_cast<std::size_t>(found - bars_.layers.begin())));
  });
}

void LayerLossesPlot::setColors(const PlotColors& colors) {
  colors_ = colors;
  rebuild();
}

void LayerLossesPlot::setBars(LayerLossBars bars) {
  bars_ = std::move(bars);
  rebuild();
}

void LayerLossesPlot::setLogarithmic(bool logarithmic) {
  logarithmic_ = logarithmic;
  rebuild();
}

void LayerLossesPlot::rebuild() {
  readout_->clear();
  draw(*plot_, bars_, FigureStyle::screen(colors_, font()), logarithmic_);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

QString LayerLossesPlot::textOf(std::size_t index) const {
  const auto shown = [](double value) { return QLocale().toString(value, 'f', 4); };
  const double extra = bars_.sae.at(index) - bars_.base;
  return tr("layer %1: %2 as it is, %3 with the SAE (%4%5), %6 with zeros")
      .arg(bars_.layers.at(index))
      .arg(shown(bars_.base), shown(bars_.sae[index]), extra < 0 ? QString(QChar(0x2212)) : "+",
           shown(std::abs(extra)), shown(bars_.zero.at(index)));
}

}  // namespace featurescope
