// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/prompt_history.h"

#include <QSettings>

namespace featurescope {
namespace {

constexpr qsizetype kMostPrompts = 30;
constexpr qsizetype kMenuCharacters = 60;
constexpr const char* kKey = "prompts/history";

}  // namespace

QStringList rememberedPrompts() {
  const QSettings stored(QSettings::IniFormat, QSettings::UserScope, "featurescope",
                         "featurescope-gui");
  return stored.value(kKey).toStringList().mid(0, kMostPrompts);
}

void rememberPrompts(const QStringList& prompts) {
  QSettings stored(QSettings::IniFormat, QSettings::UserScope, "featurescope", "featurescope-gui");
  stored.setAtomicSyncRequired(true);
  stored.setValue(kKey, prompts);
}

void addPrompt(QStringList& prompts, const QString& prompt) {
  prompts.removeAll(prompt);
  if (!prompts.isEmpty() && prompt.startsWith(prompts.first())) prompts.removeFirst();
  prompts.prepend(prompt);
  prompts = prompts.mid(0, kMostPrompts);
}

QString shortened(const QString& prompt) {
  const QString line = prompt.simplified();
  return line.size() <= kMenuCharacters ? line : line.left(kMenuCharacters - 1) + QChar(0x2026);
}

}  // namespace featurescope
