// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "ui/bridge/form.h"

namespace featurescope {

/// A number as it is typed: 5, 0.01, 1e-4; whole where it is one (5e6). Throws UserError{BadUsage}.
[[nodiscard]] Json numberOf(const QString& text);

/// Puts what is typed over `settings`, which have their flags' names with _ for - as in run.json
/// and a --config. Empty fields and flags that are no setting are left alone. Throws as numberOf.
void overlay(Json& settings, const std::vector<FormSection>& sections, const FormValues& values);

}  // namespace featurescope
