// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace featurescope {

/// A run that ended early: interrupted, failed, or killed while it wrote.
struct InterruptedRun {
  std::filesystem::path folder;
  std::string kind;            ///< "train", "finetune"
  std::int64_t stepsKept = 0;  ///< updates in its newest checkpoint; 0: it would start over
};

/// The folders in `folder` that hold a run.json, by name; none where there is no such folder.
[[nodiscard]] std::vector<std::filesystem::path> runFoldersIn(const std::filesystem::path& folder);

/// Those of `runs` that a resume would go on with, in their order. A folder that cannot be read is
/// passed over.
[[nodiscard]] std::vector<InterruptedRun> interruptedRuns(
    std::span<const std::filesystem::path> runs);

}  // namespace featurescope
