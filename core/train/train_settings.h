// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/train/train_autoencoder.h"

#include <cstdint>
#include <string_view>

namespace featurescope {

/// Throws UserError{BadUsage} for settings that no run can have.
void checkTrainSettings(const TrainSettings& settings);

/// The updates a run makes.
[[nodiscard]] std::int64_t stepsOf(const TrainSettings& settings);

/// Every setting but `out` and `force` under its flag's name, for run.json. Paths are absolute.
[[nodiscard]] Json toJson(const TrainSettings& settings);

/// What toJson wrote, value for value. Throws UserError{BadFile} that starts with `what` for a
/// setting that is missing, unknown, or none that checkTrainSettings accepts.
[[nodiscard]] TrainSettings trainSettingsFromJson(const Json& settings, std::string_view what);

}  // namespace featurescope
