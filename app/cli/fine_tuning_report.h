// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "core/finetune/fine_tune.h"

#include <filesystem>
#include <string>

namespace featurescope::cli {

/// Tells what a finished fine-tuning came to. `headline`: "wrote run", without a line end.
void reportFineTuning(const Session& session, const std::filesystem::path& run,
                      const FineTuneResult& result, const std::string& headline);

}  // namespace featurescope::cli
