// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/resumable_run_torch.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace featurescope {

/// The parts of resuming that every kind of run has.

/// The start of what an error says: "cannot go on with RUN".
[[nodiscard]] std::string cannotGoOn(const std::filesystem::path& run);

/// The folder of a run of this kind. Throws as RunFolder::open, and UserError{Unsupported}.
[[nodiscard]] RunFolder openRun(const std::filesystem::path& path, std::string_view kind);
[[nodiscard]] bool isFinished(const RunFolder& folder);

/// Brings `run`, constructed from the settings in `folder`, to its newest whole checkpoint, or to
/// its start where there is none, and runs it to its end. Returns the updates that were done.
/// Throws as ResumableRun::run, and UserError{BadFile} for inputs that are not what they were.
std::int64_t goOn(RunFolder& folder, ResumableRun& run, const JobContext& job);

}  // namespace featurescope
