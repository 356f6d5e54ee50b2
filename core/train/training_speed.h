// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/train/train_autoencoder.h"

namespace featurescope {

/// Tokens a second that a run with these settings trains on this machine, from a second or so of
/// its steps. Writes nothing; `out` is not looked at. Throws as trainAutoencoder.
[[nodiscard]] double measureTrainingSpeed(const TrainSettings& settings, const JobContext& job);

}  // namespace featurescope
