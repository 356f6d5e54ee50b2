// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/figure.h"

#include <QObject>

#include <functional>

class QPoint;
class QWidget;

namespace featurescope {

/// What every plot and table offers on a right click or the keyboard's menu key: to export what it
/// shows, and to copy it as a picture or as numbers. The window finds these menus by type and
/// answers all of them with one dialog. GUI thread.
class FigureMenu : public QObject {
  Q_OBJECT
 public:
  /// Becomes a child of `view`. `make` says what the view shows at that moment; while that draws
  /// nothing, there is no menu and what is asked for does nothing.
  FigureMenu(QWidget& view, std::function<Figure()> make);

  [[nodiscard]] Figure figure() const { return make_(); }
  [[nodiscard]] QWidget& view() const { return view_; }
  void requestExport();
  void copyImage() const;
  void copyTable() const;

 signals:
  void exportRequested(const featurescope::Figure& figure);

 private:
  void show(const QPoint& position);

  QWidget& view_;
  std::function<Figure()> make_;
};

}  // namespace featurescope
