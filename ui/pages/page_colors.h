// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/plot_colors.h"

#include <QColor>

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

}  // namespace featurescope
