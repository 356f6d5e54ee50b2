// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/figure_view.h"

#include "ui/plots/figure_menu.h"

#include <QMouseEvent>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// A shorter drag is a click.
constexpr double kShortestDrag = 4;

}  // namespace

FigureView::FigureView(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot) {
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->addWidget(plot_);
  plot_->setMouseTracking(true);
  plot_->installEventFilter(this);
  new FigureMenu(*plot_, [this] { return figure_; });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
    emit hovered(plot_->xAxis->pixelToCoord(event->position().x()));
  });
}

void FigureView::setColors(const PlotColors& colors) {
  colors_ = colors;
  redraw();
}

void FigureView::setFigure(Figure figure) {
  figure_ = std::move(figure);
  plot_->setAccessibleName(figure_.title);
  redraw();
}

void FigureView::clear() { setFigure({}); }

void FigureView::setMark(std::optional<double> x) {
  if (x == mark_) return;
  mark_ = x;
  QCPAbstractItem* item = nullptr;
  for (int i = 0; i < plot_->itemCount(); ++i) {
    if (plot_->item(i)->objectName() == QLatin1String("mark")) item = plot_->item(i);
  }
  if (item == nullptr) {
    auto* line = new QCPItemStraightLine(plot_);
    line->setObjectName("mark");
    line->setPen(QPen(colors_.text, 1));
    item = line;
  }
  item->setVisible(x.has_value());
  if (x) {
    auto* line = qobject_cast<QCPItemStraightLine*>(item);
    line->point1->setCoords(*x, 1);
    line->point2->setCoords(*x, 2);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void FigureView::redraw() {
  plot_->clearItems();
  plot_->clearPlottables();
  plot_->xAxis->setLabel({});
  plot_->yAxis->setLabel({});
  FigureStyle style = FigureStyle::screen(colors_, font());
  style.compact = compact_;
  apply(*plot_, style);
  const bool drawn = figure_.draw != nullptr;
  plot_->axisRect()->setVisible(drawn);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) axis->setVisible(drawn);
  if (drawn) figure_.draw(*plot_, style);
  if (const auto mark = std::exchange(mark_, std::nullopt)) setMark(mark);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

double FigureView::pixelOf(double x) const { return plot_->xAxis->coordToPixel(x); }

void FigureView::setBrushable(bool brushable) {
  plot_->setSelectionRectMode(brushable ? QCP::srmCustom : QCP::srmNone);
  plot_->setCursor(brushable ? Qt::CrossCursor : Qt::ArrowCursor);
}

bool FigureView::eventFilter(QObject* watched, QEvent* event) {
  if (watched != plot_) return QWidget::eventFilter(watched, event);
  const bool brushable = plot_->selectionRectMode() == QCP::srmCustom;
  const auto x = [&] {
    const auto* mouse = static_cast<QMouseEvent*>(event);
    return plot_->xAxis->pixelToCoord(mouse->position().x());
  };
  const auto isLeft = [&] { return static_cast<QMouseEvent*>(event)->button() == Qt::LeftButton; };
  switch (event->type()) {
    case QEvent::Leave:
      emit hovered(std::nullopt);
      break;
    case QEvent::MouseButtonPress:
      if (brushable && isLeft()) dragBegin_ = x();
      break;
    case QEvent::MouseButtonRelease:
      if (const auto begin = std::exchange(dragBegin_, std::nullopt); begin && isLeft()) {
        const double end = x();
        const auto [low, high] = std::minmax(*begin, end);
        if (pixelOf(high) - pixelOf(low) >= kShortestDrag) emit brushed(low, high);
      }
      break;
    case QEvent::MouseButtonDblClick:
      dragBegin_.reset();
      if (brushable) emit brushed(std::nullopt, std::nullopt);
      break;
    default:
      break;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace featurescope
