// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

#include <array>
#include <cmath>
#include <cstddef>

namespace featurescope {

/// `share` of `color` over `background`, linearly: 0 is the background, 1 the colour.
[[nodiscard]] inline QColor mixed(const QColor& background, const QColor& color, double share) {
  const auto channel = [share](int from, int to) {
    return static_cast<int>(std::lround(from + (to - from) * share));
  };
  return QColor(channel(background.red(), color.red()), channel(background.green(), color.green()),
                channel(background.blue(), color.blue()));
}

/// The colours of a plot; ui/window/theme.h has the window's, figures for papers take paper().
struct PlotColors {
  QColor background, text, dim;
  QColor grid;
  QColor cursor;
  /// One a curve, told apart by colour-blind eyes (after Okabe and Ito, 2008).
  std::array<QColor, 7> curves;
  QColor dead, alive;  ///< the paper's red and blue, also apart in grey
  QColor activation;   ///< behind the strongest token of a table; weaker ones mix with the ground

  [[nodiscard]] const QColor& curve(std::size_t index) const {
    return curves[index % curves.size()];
  }
};

}  // namespace featurescope
