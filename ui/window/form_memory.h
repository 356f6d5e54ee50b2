// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/form.h"

namespace featurescope {

/// What was typed into a form when a job was last started with it, from one start of the window to
/// the next: in the INI file of WindowSettings.
[[nodiscard]] FormValues rememberedValues(const QString& verb);
void rememberValues(const QString& verb, const FormValues& values);

}  // namespace featurescope
