// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QTabWidget>

namespace featurescope {

/// The tabs of the window's pages. Each new text in a page comes here as a request to lay out, on
/// which QTabWidget paints its whole page once more: only those are heeded that change the least
/// size of the pages or the size of the bar.
class PageTabs final : public QTabWidget {
 public:
  using QTabWidget::QTabWidget;

 protected:
  bool event(QEvent* event) override;

 private:
  QSize leastSize_, barSize_;  ///< at the last layout
};

}  // namespace featurescope
