// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/curve_plot.h"

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
#include <limits>
#include <utility>

namespace featurescope {

namespace {

/// How near, in pixels, the mouse must be to a mark to read it.
constexpr double kMarkReach = 5;
/// Room for one number below the plot.
constexpr int kTickPixels = 70;
/// How much higher the axis is than the curves.
constexpr double kHeadroom = 1.08;
/// A curve of fewer points shows them.
constexpr std::size_t kFewPoints = 12;
/// A smaller height, in parts of the values, is rounding.
constexpr double kLeastHeight = 1e-3;
/// Of the unsmoothed curve behind the smoothed one.
constexpr int kBehindAlpha = 70;
const QLatin1String kMarkName("mark");

QVector<double> toVector(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

/// What has no place on a logarithmic axis becomes a gap.
QVector<double> drawable(const std::vector<double>& values, bool logarithmic) {
  QVector<double> result = toVector(values);
  if (logarithmic) {
    for (double& value : result) {
      if (!(value > 0)) value = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return result;
}

bool goesBelowZero(const std::vector<Curve>& curves) {
  return std::ranges::any_of(curves, [](const Curve& curve) {
    return std::ranges::any_of(curve.y, [](double y) { return y < 0; });
  });
}

/// The index of the row nearest to x, or nothing for an empty curve.
std::optional<std::size_t> nearestRow(const Curve& curve, double x) {
  if (curve.x.empty()) return std::nullopt;
  const auto after = std::lower_bound(curve.x.begin(), curve.x.end(), x);
  if (after == curve.x.begin()) return 0;
  const auto row = static_cast<std::size_t>(after - curve.x.begin());
  if (after == curve.x.end()) return row - 1;
  return x - curve.x[row - 1] < curve.x[row] - x ? row - 1 : row;
}

/// 25k, 1.5M: counts of steps and tokens, short enough to stand side by side.
class CountTicker final : public QCPAxisTicker {
 protected:
  QString getTickLabel(double tick, const QLocale& locale, QChar /*format*/,
                       int /*precision*/) override {
    struct Unit {
      double size;
      const char* sign;
    };
    for (const Unit unit : {Unit{1e9, "G"}, Unit{1e6, "M"}, Unit{1e3, "k"}}) {
      if (std::abs(tick) >= unit.size) {
        return locale.toString(tick / unit.size, 'g', 4) + QLatin1String(unit.sign);
      }
    }
    return locale.toString(tick, 'g', 4);
  }
};

void addGraph(QCustomPlot& plot, const CurveChart& chart, const Curve& curve, QPen pen) {
  QCPGraph* graph = plot.addGraph();
  graph->setName(curve.name);
  if (curve.dashed) pen.setStyle(Qt::DashLine);
  graph->setPen(pen);
  // A few points are seen as such: a line between two of them says less than they do.
  if (curve.x.size() < kFewPoints) graph->setScatterStyle({QCPScatterStyle::ssDisc, 4});
  const auto first = chart.logarithmicX ? std::ranges::upper_bound(curve.x, 0.0) : curve.x.begin();
  const auto skipped = first - curve.x.begin();
  graph->setData({first, curve.x.end()}, drawable(curve.y, chart.logarithmic).mid(skipped),
                 /*alreadySorted=*/true);
}

/// A thin line a mark: what happened is read in the head when the mouse is near.
void addMarks(QCustomPlot& plot, const CurveChart& chart, const PlotColors& colors) {
  for (int i = plot.itemCount() - 1; i >= 0; --i) {
    if (plot.item(i)->objectName() == kMarkName) plot.removeItem(i);
  }
  for (const CurveMark& mark : chart.marks) {
    auto* line = new QCPItemStraightLine(&plot);
    line->setObjectName(kMarkName);
    QColor color = colors.curve(mark.color);
    color.setAlpha(mark.minor ? 40 : 120);
    line->setPen(QPen(color, 1, Qt::DotLine));
    line->point1->setCoords(mark.x, 1);
    line->point2->setCoords(mark.x, 2);
  }
}

void setScale(QCPAxis& axis, bool logarithmic, QSharedPointer<QCPAxisTicker> linear) {
  axis.setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  axis.setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                             : std::move(linear));
}

/// The height shows what lies within the width.
void fitHeight(QCustomPlot& plot, const CurveChart& chart) {
  for (int i = 0; i < plot.graphCount(); ++i) {
    plot.graph(i)->rescaleValueAxis(/*onlyEnlarge=*/i > 0, /*inKeyRange=*/true);
  }
  const QCPRange fitted = plot.yAxis->range();
  if (!chart.logarithmic &&
      fitted.size() < kLeastHeight * std::max(1.0, std::abs(fitted.center()))) {
    // One value throughout, as no dead features: a range about it in place of rounding errors.
    const double half = std::max(0.5, std::abs(fitted.center()) / 10);
    plot.yAxis->setRange(fitted.center() - half, fitted.center() + half);
  }
  plot.yAxis->scaleRange(kHeadroom);
  // Counts and losses: an axis below zero would be for nothing.
  if (plot.yAxis->range().lower < 0 && !goesBelowZero(chart.curves)) plot.yAxis->setRangeLower(0);
}

std::vector<Curve> smoothedCurves(const CurveChart& chart) {
  std::vector<Curve> curves = chart.curves;
  for (Curve& curve : curves) {
    if (!curve.dashed) curve.y = smoothed(curve.y, chart.smoothing);
  }
  return curves;
}

}  // namespace

void draw(QCustomPlot& plot, const CurveChart& chart, const FigureStyle& style) {
  apply(plot, style);
  plot.yAxis->setNumberPrecision(6);
  plot.xAxis->setLabel(chart.xLabel);
  setScale(*plot.yAxis, chart.logarithmic, QSharedPointer<QCPAxisTicker>::create());
  setScale(*plot.xAxis, chart.logarithmicX, QSharedPointer<CountTicker>::create());
  plot.clearGraphs();
  const std::vector<Curve> front = smoothedCurves(chart);
  for (std::size_t i = 0; i < front.size(); ++i) {
    const QPen pen = style.pen(front[i].color);
    if (chart.smoothing > 0 && !front[i].dashed) {
      QColor behind = pen.color();
      behind.setAlpha(kBehindAlpha);
      addGraph(plot, chart, chart.curves[i], QPen(behind, style.line * 0.7));
      plot.graph()->removeFromLegend();
    }
    addGraph(plot, chart, front[i], pen);
  }
  addMarks(plot, chart, style.colors);
  if (chart.range) {
    plot.xAxis->setRange(chart.range->first, chart.range->second);
  } else {
    plot.xAxis->rescale();
  }
  fitHeight(plot, chart);
}

Figure makeFigure(const QString& name, const CurveChart& chart) {
  Figure figure;
  figure.name = name;
  figure.title = chart.title;
  figure.caption = chart.caption;
  figure.draw = [chart](QCustomPlot& plot, const FigureStyle& style) {
    draw(plot, chart, style);
    plot.yAxis->setLabel(chart.title);
    if (chart.curves.size() > 1) showLegendAbove(plot, 2);
  };
  const std::vector<Curve> front = smoothedCurves(chart);
  figure.table.header = {"curve", "x", "y"};
  if (chart.smoothing > 0) figure.table.header.emplace_back("y_smoothed");
  for (std::size_t i = 0; i < front.size(); ++i) {
    const Curve& curve = chart.curves[i];
    for (std::size_t row = 0; row < curve.x.size(); ++row) {
      const double x = curve.x[row];
      if (chart.range && (x < chart.range->first || x > chart.range->second)) continue;
      figure.table.rows.push_back({curve.name.toStdString(), shortest(x), shortest(curve.y[row])});
      if (chart.smoothing > 0) figure.table.rows.back().push_back(shortest(front[i].y[row]));
    }
  }
  return figure;
}

CurvePlot::CurvePlot(const QString& title, QWidget* parent)
    : QWidget(parent),
      heading_(new QLabel(title)),
      readout_(new QLabel),
      plot_(new QCustomPlot),
      cursorLine_(new QCPItemStraightLine(plot_)) {
  chart_.title = title;
  cursorLine_->setVisible(false);
  heading_->setProperty("role", "heading");
  readout_->setProperty("role", "note");
  readout_->setTextFormat(Qt::RichText);
  readout_->setMinimumHeight(18);
  plot_->setAccessibleName(title);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot_->axisRect()->setRangeZoomAxes(plot_->xAxis, nullptr);
  plot_->axisRect()->setRangeDragAxes(plot_->xAxis, nullptr);
  plot_->setNoAntialiasingOnDrag(true);
  plot_->installEventFilter(this);
  plot_->setMouseTracking(true);
  new FigureMenu(*plot_, [this] {
    CurveChart shown = chart_;
    const QCPRange range = plot_->xAxis->range();
    if (zoomed_) shown.range = {range.lower, range.upper};
    return chart_.curves.empty() ? Figure{} : makeFigure(objectName(), shown);
  });

  auto* head = new QVBoxLayout;
  head->setContentsMargins(4, 0, 10, 0);
  head->setSpacing(0);
  head->addWidget(heading_);
  head->addWidget(readout_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addLayout(head);
  rows->addWidget(plot_, 1);
  setMinimumSize(220, 140);

  connect(plot_->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
          [this] { fitHeight(*plot_, chart_); });
  connect(plot_, &QCustomPlot::mouseWheel, this, [this] { zoomed_ = true; });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    if ((event->buttons() & Qt::LeftButton) != 0) zoomed_ = true;
    emit cursorMoved(plot_->xAxis->pixelToCoord(event->position().x()));
  });
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
    zoomed_ = false;
    showAll();
  });
}

bool CurvePlot::eventFilter(QObject* watched, QEvent* event) {
  if (watched == plot_ && event->type() == QEvent::Leave) emit cursorMoved(std::nullopt);
  return QWidget::eventFilter(watched, event);
}

void CurvePlot::setColors(const PlotColors& colors) {
  colors_ = colors;
  cursorLine_->setPen(QPen(colors.cursor));
  rebuild();
}

void CurvePlot::setCurves(std::vector<Curve> curves, std::vector<CurveMark> marks) {
  chart_.curves = std::move(curves);
  chart_.marks = std::move(marks);
  rebuild();
}

void CurvePlot::setXLabel(const QString& label) {
  chart_.xLabel = label;
  rebuild();
}

void CurvePlot::setLogarithmic(bool logarithmic) {
  chart_.logarithmic = logarithmic;
  rebuild();
}

void CurvePlot::setLogarithmicX(bool logarithmic) {
  chart_.logarithmicX = logarithmic;
  zoomed_ = false;
  rebuild();
}

void CurvePlot::setSmoothing(double rows) {
  chart_.smoothing = rows;
  rebuild();
}

void CurvePlot::rebuild() {
  curves_ = smoothedCurves(chart_);
  const QCPRange shown = plot_->xAxis->range();
  draw(*plot_, chart_, FigureStyle::screen(colors_, font()));
  plot_->xAxis->ticker()->setTickCount(std::max(2, width() / kTickPixels));
  if (zoomed_) plot_->xAxis->setRange(shown);
  showReadout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvePlot::showAll() {
  plot_->xAxis->rescale();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvePlot::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  plot_->xAxis->ticker()->setTickCount(std::max(2, width() / kTickPixels));
}

void CurvePlot::setCursor(std::optional<double> x) {
  cursor_ = x;
  cursorLine_->setVisible(x.has_value());
  if (x) {
    cursorLine_->point1->setCoords(*x, 1);
    cursorLine_->point2->setCoords(*x, 2);
  }
  showReadout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvePlot::showReadout() { readout_->setText(cursor_ ? textAt(*cursor_) : QString()); }

QString CurvePlot::readout() const {
  QTextDocument text;
  text.setHtml(readout_->text());
  return text.toPlainText();
}

QString CurvePlot::textAt(double x) const {
  const double atCursor = plot_->xAxis->coordToPixel(x);
  for (const CurveMark& mark : chart_.marks) {
    if (std::abs(plot_->xAxis->coordToPixel(mark.x) - atCursor) < kMarkReach) {
      return mark.text.toHtmlEscaped();
    }
  }
  QStringList parts;
  std::optional<double> row;
  for (const Curve& curve : curves_) {
    const auto nearest = nearestRow(curve, x);
    if (!nearest) continue;
    if (!row) row = curve.x[*nearest];
    parts.append(
        QStringLiteral("<span style='color:%1'>%2</span>")
            .arg(colors_.curve(curve.color).name(), QLocale().toString(curve.y[*nearest], 'g', 5)));
  }
  if (row) parts.prepend(QLocale().toString(*row, 'f', 0) + u':');
  return parts.join(QStringLiteral("&nbsp;&nbsp;"));
}

}  // namespace featurescope
