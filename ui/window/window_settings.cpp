// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/window_settings.h"

#include <QSettings>

namespace featurescope {
namespace {

const QStringList kThemes{"light", "dark", "system"};

}  // namespace

void WindowSettings::addRecent(const QString& path) {
  recent.removeAll(path);
  recent.prepend(path);
  recent = recent.mid(0, kMostRecent);
}

WindowSettings WindowSettings::load() {
  QSettings stored(QSettings::IniFormat, QSettings::UserScope, "featurescope", "featurescope-gui");
  WindowSettings settings;
  settings.geometry = stored.value("window/geometry").toByteArray();
  settings.splitters = stored.value("window/splitters").toMap();
  settings.tab = stored.value("window/tab").toInt();
  settings.columns = stored.value("features/columns").toStringList();
  const auto theme = kThemes.indexOf(stored.value("window/theme").toString());
  if (theme >= 0) settings.theme = static_cast<ThemeChoice>(theme);
  settings.lastOpened = stored.value("files/last").toString();
  settings.lastIndex = stored.value("files/last_index").toString();
  settings.recent = stored.value("files/recent").toStringList().mid(0, kMostRecent);
  return settings;
}

void WindowSettings::save() const {
  QSettings stored(QSettings::IniFormat, QSettings::UserScope, "featurescope", "featurescope-gui");
  stored.setAtomicSyncRequired(true);
  stored.setValue("window/geometry", geometry);
  stored.setValue("window/splitters", splitters);
  stored.setValue("window/tab", tab);
  stored.setValue("window/theme", kThemes[static_cast<qsizetype>(theme)]);
  stored.setValue("features/columns", columns);
  stored.setValue("files/last", lastOpened);
  stored.setValue("files/last_index", lastIndex);
  stored.setValue("files/recent", recent);
}

}  // namespace featurescope
