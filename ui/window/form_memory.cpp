// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/form_memory.h"

#include <QSettings>

namespace featurescope {
namespace {

/// Of one job only.
bool isForgotten(const QString& flag) {
  return flag == QLatin1String("--out") || flag == QLatin1String("--force");
}

}  // namespace

FormValues rememberedValues(const QString& verb) {
  QSettings settings(QSettings::IniFormat, QSettings::UserScope, "featurescope",
                     "featurescope-gui");
  settings.beginGroup("forms/" + verb);
  FormValues values;
  for (const QString& key : settings.childKeys()) {
    values.set("--" + key, settings.value(key).toString());
  }
  return values;
}

void rememberValues(const QString& verb, const FormValues& values) {
  QSettings settings(QSettings::IniFormat, QSettings::UserScope, "featurescope",
                     "featurescope-gui");
  settings.setAtomicSyncRequired(true);
  settings.beginGroup("forms/" + verb);
  settings.remove({});
  for (const auto& [flag, value] : values.all()) {
    if (!isForgotten(flag)) settings.setValue(flag.mid(2), value);
  }
}

}  // namespace featurescope
