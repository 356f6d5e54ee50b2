// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page_colors.h"

#include <QWidget>

namespace featurescope {

/// What the colours of activations mean: from 0 to the feature's largest, linearly.
class ColorBar : public QWidget {
 public:
  explicit ColorBar(QWidget* parent = nullptr);

  void setColors(const PageColors& colors);
  void setLargest(double largest);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  PageColors colors_;
  double largest_ = 0;
};

}  // namespace featurescope
