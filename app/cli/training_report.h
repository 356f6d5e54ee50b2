// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "core/train/train_autoencoder.h"

#include <filesystem>
#include <string>

namespace featurescope::cli {

/// Tells what a finished training run came to. `headline`: "wrote run", without a line end.
void reportTraining(const Session& session, const std::filesystem::path& run,
                    const TrainMetrics& last, const std::string& headline);

}  // namespace featurescope::cli
