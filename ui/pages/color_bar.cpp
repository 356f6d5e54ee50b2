// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/color_bar.h"

#include "ui/models/number_format.h"
#include "ui/pages/fonts.h"

#include <QLinearGradient>
#include <QPainter>

namespace featurescope {

namespace {

constexpr int kBarWidth = 72;
constexpr int kBarHeight = 8;
constexpr int kNumberWidth = 44;

}  // namespace

ColorBar::ColorBar(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setToolTip(QObject::tr("The colour of a token is linear in the feature's value there"));
}

void ColorBar::setColors(const PageColors& colors) {
  colors_ = colors;
  update();
}

void ColorBar::setLargest(double largest) {
  largest_ = largest;
  setAccessibleName(QObject::tr("Colours from 0 to %1").arg(formatValue(largest)));
  update();
}

QSize ColorBar::sizeHint() const { return {14 + kBarWidth + kNumberWidth, 18}; }

void ColorBar::paintEvent(QPaintEvent*) {
  if (largest_ <= 0) return;
  QPainter painter(this);
  painter.setFont(textFont(11));
  painter.setPen(colors_.dim);
  painter.drawText(QRect(0, 0, 10, height()), Qt::AlignRight | Qt::AlignVCenter,
                   QStringLiteral("0"));
  const QRect bar(14, (height() - kBarHeight) / 2, kBarWidth, kBarHeight);
  QLinearGradient gradient(bar.topLeft(), bar.topRight());
  gradient.setColorAt(0, colors_.background);
  gradient.setColorAt(1, colors_.activation);
  painter.fillRect(bar, gradient);
  painter.setPen(colors_.hairline);
  painter.drawRect(bar);
  painter.setPen(colors_.dim);
  painter.drawText(QRect(bar.right() + 5, 0, kNumberWidth, height()),
                   Qt::AlignLeft | Qt::AlignVCenter, formatValue(largest_, decimalsFor(largest_)));
}

}  // namespace featurescope
