// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/curve_plot.h"

#include "ui/plots/plot_style.h"

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

}  // namespace

CurvePlot::CurvePlot(const QString& title, QWidget* parent)
    : QWidget(parent),
      title_(title),
      heading_(new QLabel(title)),
      readout_(new QLabel),
      plot_(new QCustomPlot),
      cursorLine_(new QCPItemStraightLine(plot_)) {
  heading_->setProperty("role", "heading");
  readout_->setProperty("role", "note");
  readout_->setTextFormat(Qt::RichText);
  readout_->setMinimumHeight(18);
  plot_->setAccessibleName(title);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot_->axisRect()->setRangeZoomAxes(plot_->xAxis, nullptr);
  plot_->axisRect()->setRangeDragAxes(plot_->xAxis, nullptr);
  plot_->axisRect()->setAutoMargins(QCP::msLeft | QCP::msBottom);
  plot_->axisRect()->setMargins({0, 6, 10, 0});
  plot_->yAxis->setNumberPrecision(4);
  plot_->xAxis->setTicker(QSharedPointer<CountTicker>::create());
  plot_->setNoAntialiasingOnDrag(true);
  plot_->installEventFilter(this);
  plot_->setMouseTracking(true);
  cursorLine_->setVisible(false);

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
          &CurvePlot::fitHeight);
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
  stylePlot(*plot_, colors, axisFont(*this));
  cursorLine_->setPen(QPen(colors.cursor));
  rebuild();
}

void CurvePlot::setCurves(std::vector<Curve> curves, std::vector<CurveMark> marks) {
  raw_ = std::move(curves);
  marks_ = std::move(marks);
  rebuild();
}

void CurvePlot::setXLabel(const QString& label) {
  plot_->xAxis->setLabel(label);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvePlot::setLogarithmic(bool logarithmic) {
  logarithmic_ = logarithmic;
  plot_->yAxis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (logarithmic) {
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
  } else {
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
  }
  rebuild();
}

void CurvePlot::setLogarithmicX(bool logarithmic) {
  logarithmicX_ = logarithmic;
  zoomed_ = false;
  plot_->xAxis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (logarithmic) {
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
  } else {
    plot_->xAxis->setTicker(QSharedPointer<CountTicker>::create());
  }
  rebuild();
}

void CurvePlot::setSmoothing(double rows) {
  smoothing_ = rows;
  rebuild();
}

void CurvePlot::rebuild() {
  curves_ = raw_;
  plot_->clearGraphs();
  for (Curve& curve : curves_) {
    const QColor color = colors_.curve(curve.color);
    if (smoothing_ > 0 && !curve.dashed) {
      QColor behind = color;
      behind.setAlpha(kBehindAlpha);
      addGraph(curve, behind, 1);
      curve.y = smoothed(curve.y, smoothing_);
    }
    addGraph(curve, color, 1.4);
  }
  drawMarks();
  if (!zoomed_) showAll();
  showReadout();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void CurvePlot::addGraph(const Curve& curve, const QColor& color, double width) {
  QCPGraph* graph = plot_->addGraph();
  graph->setName(curve.name);
  graph->setPen(QPen(color, width, curve.dashed ? Qt::DashLine : Qt::SolidLine));
  // A few points are seen as such: a line between two of them says less than they do.
  if (curve.x.size() < kFewPoints) graph->setScatterStyle({QCPScatterStyle::ssDisc, 4});
  const auto first = logarithmicX_ ? std::ranges::upper_bound(curve.x, 0.0) : curve.x.begin();
  const auto skipped = first - curve.x.begin();
  graph->setData({first, curve.x.end()}, drawable(curve.y, logarithmic_).mid(skipped),
                 /*alreadySorted=*/true);
}

void CurvePlot::showAll() {
  plot_->xAxis->rescale();
  fitHeight();
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

/// The height shows what lies within the width.
void CurvePlot::fitHeight() {
  for (int i = 0; i < plot_->graphCount(); ++i) {
    plot_->graph(i)->rescaleValueAxis(/*onlyEnlarge=*/i > 0, /*inKeyRange=*/true);
  }
  const QCPRange fitted = plot_->yAxis->range();
  if (!logarithmic_ && fitted.size() < kLeastHeight * std::max(1.0, std::abs(fitted.center()))) {
    // One value throughout, as no dead features: a range about it in place of rounding errors.
    const double half = std::max(0.5, std::abs(fitted.center()) / 10);
    plot_->yAxis->setRange(fitted.center() - half, fitted.center() + half);
  }
  plot_->yAxis->scaleRange(kHeadroom);
  // Counts and losses: an axis below zero would be for nothing.
  if (plot_->yAxis->range().lower < 0 && !goesBelowZero(curves_)) plot_->yAxis->setRangeLower(0);
}

void CurvePlot::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  plot_->xAxis->ticker()->setTickCount(std::max(2, width() / kTickPixels));
}

/// A thin line a mark: what happened is read in the head when the mouse is near.
void CurvePlot::drawMarks() {
  for (int i = plot_->itemCount() - 1; i >= 0; --i) {
    if (plot_->item(i) != cursorLine_) plot_->removeItem(i);
  }
  for (const CurveMark& mark : marks_) {
    auto* line = new QCPItemStraightLine(plot_);
    QColor color = colors_.curve(mark.color);
    color.setAlpha(mark.minor ? 40 : 120);
    line->setPen(QPen(color, 1, Qt::DotLine));
    line->point1->setCoords(mark.x, 1);
    line->point2->setCoords(mark.x, 2);
  }
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
  for (const CurveMark& mark : marks_) {
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
