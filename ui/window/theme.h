// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pages/page_colors.h"
#include "ui/plots/plot_colors.h"

#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QString>

namespace featurescope {

enum class ThemeChoice { Light, Dark, System };

/// Every colour of the window; the one place where they are.
struct Theme {
  bool dark = false;
  QColor chrome;   ///< menu, tabs, status bar
  QColor window;   ///< pages
  QColor surface;  ///< the feature table, fields
  /// Text on all of these grounds; `faint` not on chosen rows. Contrast is at least 4.5.
  QColor text, dim, faint;
  QColor hairline;   ///< between rows
  QColor border;     ///< of fields and between panels
  QColor hover;      ///< under the mouse
  QColor selection;  ///< a chosen row
  QColor accent;     ///< what can be done next, progress, focus
  QColor accentHover;
  QColor accentText;  ///< on the accent
  QColor link;
  QColor bar;  ///< density bars, the empty part of progress
  QColor chip;
  QColor star;  ///< bookmarks
  QColor activation, activationText;
  QColor positive, negative;
  QColor warning;  ///< the message bar's ground

  static Theme light();
  static Theme darkOne();

  [[nodiscard]] QPalette palette() const;
  /// resources/style/window.qss with its `@names` replaced by these colours.
  [[nodiscard]] QString styleSheet() const;
  /// For painting on `background`.
  [[nodiscard]] PageColors pageColors(const QColor& background) const;
  [[nodiscard]] PlotColors plotColors() const;
  /// A one-colour icon of resources/icons in `color`, sharp at any scale.
  [[nodiscard]] static QIcon icon(const QString& name, const QColor& color);
};

/// The theme of a choice; System looks at the desktop's palette. GUI thread.
[[nodiscard]] Theme themeOf(ThemeChoice choice);

/// Gives the whole application a theme: style, palette, style sheet.
void apply(const Theme& theme);

}  // namespace featurescope
