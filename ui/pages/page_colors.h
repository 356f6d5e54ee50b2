// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

#include <cmath>

namespace featurescope {

/// The colours that pages paint with themselves; ui/window/theme.h has their values. What is not
/// here comes from the style sheet.
struct PageColors {
  QColor background;  ///< of tables
  QColor text;        ///< figures, the peak token
  QColor dim;         ///< context, units, headings
  QColor faint;       ///< dead features, dashes
  QColor hairline;    ///< between rows
  QColor hover;       ///< the row under the mouse
  QColor selection;   ///< a selected row
  QColor accent;      ///< where the keyboard is
  QColor link;        ///< what a click follows
  QColor star;        ///< bookmarks
  QColor bar;         ///< density bars
  QColor activation;  ///< the strongest activation; weaker ones mix with the background, linearly
  QColor activationText;  ///< on it
  QColor positive, negative;
};

/// `share` of `color` over `background`, linearly: 0 is the background, 1 the colour.
[[nodiscard]] inline QColor mixed(const QColor& background, const QColor& color, double share) {
  const auto channel = [share](int from, int to) {
    return static_cast<int>(std::lround(from + (to - from) * share));
  };
  return QColor(channel(background.red(), color.red()), channel(background.green(), color.green()),
                channel(background.blue(), color.blue()));
}

}  // namespace featurescope
