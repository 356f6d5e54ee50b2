// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/page_tabs.h"

#include <QEvent>
#include <QTabBar>

namespace featurescope {

bool PageTabs::event(QEvent* event) {
  if (event->type() != QEvent::LayoutRequest) return QTabWidget::event(event);
  const QSize least = minimumSizeHint();
  const QSize bar = tabBar()->sizeHint();
  const bool changed = least != leastSize_ || bar != barSize_;
  leastSize_ = least;
  barSize_ = bar;
  return !changed || QTabWidget::event(event);
}

}  // namespace featurescope
