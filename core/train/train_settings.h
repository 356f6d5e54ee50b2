// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/train/train_autoencoder.h"

#include <cstdint>

namespace featurescope {

/// Throws UserError{BadUsage} for settings that no run can have.
void checkTrainSettings(const TrainSettings& settings);

/// The updates a run makes.
[[nodiscard]] std::int64_t stepsOf(const TrainSettings& settings);

/// Every setting under its flag's name, for run.json.
[[nodiscard]] Json toJson(const TrainSettings& settings);

}  // namespace featurescope
