// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

#include <array>
#include <cstddef>

namespace featurescope {

/// The colours of a plot; ui/window/theme.h has the window's, figures for papers take paper().
struct PlotColors {
  QColor background, text, dim;
  QColor grid;
  QColor cursor;
  /// One a curve, told apart by colour-blind eyes (after Okabe and Ito, 2008).
  std::array<QColor, 7> curves;
  QColor dead, alive;  ///< the paper's red and blue, also apart in grey

  [[nodiscard]] const QColor& curve(std::size_t index) const {
    return curves[index % curves.size()];
  }
};

}  // namespace featurescope
