// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/theme.h"

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QVariant>

namespace featurescope {

/// What the window remembers from one start to the next.
struct WindowSettings {
  QByteArray geometry;
  QVariantMap splitters;  ///< QSplitter::saveState by object name
  int tab = 0;            ///< the page in front
  QStringList columns;    ///< FeaturePanel::columnLayout
  ThemeChoice theme = ThemeChoice::System;
  QString lastOpened;  ///< a study or an index
  QString lastIndex;   ///< which of that study's indexes
  QStringList recent;  ///< the latest first

  static constexpr qsizetype kMostRecent = 10;
  void addRecent(const QString& path);

  /// The INI file featurescope/featurescope-gui.ini in the person's configuration folder. Values
  /// that do not fit are left at their defaults.
  static WindowSettings load();
  /// Written beside and renamed, so that a crash leaves the old or the new one.
  void save() const;
};

}  // namespace featurescope
