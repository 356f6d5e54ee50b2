// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace featurescope {

/// Prompts of earlier, the latest first, from one start of the window to the next: in the window's
/// INI file.
[[nodiscard]] QStringList rememberedPrompts();
void rememberPrompts(const QStringList& prompts);

/// Puts a prompt first; one that it merely continues goes, and the oldest beyond a bound.
void addPrompt(QStringList& prompts, const QString& prompt);

/// One line of a menu.
[[nodiscard]] QString shortened(const QString& prompt);

}  // namespace featurescope
