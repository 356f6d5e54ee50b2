// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/finetune/fine_tune.h"
#include "core/train/train_choices.h"

#include <array>
#include <string_view>

namespace featurescope {

template <>
inline constexpr std::array<std::string_view, 2> kNamesOf<LossScope>{"all", "completion"};
template <>
inline constexpr std::array<std::string_view, 2> kNamesOf<DecayToward>{"zero", "initial"};

/// Throws UserError{BadUsage} for settings that no run can have.
void checkFineTuneSettings(const FineTuneSettings& settings);

/// Every setting but `out` and `force` under its flag's name, for run.json. Paths are absolute.
[[nodiscard]] Json toJson(const FineTuneSettings& settings);

/// What toJson wrote, value for value. Throws UserError{BadFile} that starts with `what` for a
/// setting that is missing, unknown, or none that checkFineTuneSettings accepts.
[[nodiscard]] FineTuneSettings fineTuneSettingsFromJson(const Json& settings,
                                                        std::string_view what);

}  // namespace featurescope
