// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/saved_state_torch.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// RUN/checkpoints/step-NNNNNNNN: a run's state after so many steps.
[[nodiscard]] std::filesystem::path checkpointFolder(const std::filesystem::path& run,
                                                     std::int64_t stepsDone);

/// The steps of the checkpoints that `run` has, ascending.
[[nodiscard]] std::vector<std::int64_t> checkpointSteps(const std::filesystem::path& run);

/// Writes a checkpoint whole and flushed to the disk, or leaves nothing of it. `saveResult` puts
/// into the folder it is given what people use the checkpoint for. Throws UserError{CannotWrite}.
void writeCheckpoint(const std::filesystem::path& run, std::int64_t stepsDone,
                     const SavedState& state,
                     const std::function<void(const std::filesystem::path& folder)>& saveResult);

/// Removes all but the newest `keep`; none when `keep` is 0.
void pruneCheckpoints(const std::filesystem::path& run, std::int64_t keep);

struct ReadCheckpoint {
  std::int64_t stepsDone = 0;
  SavedState state;
};

/// The newest checkpoint that is as it was written and that `fits`. Those that are newer are
/// removed after `skipped` was told why. Nothing when there is none.
[[nodiscard]] std::optional<ReadCheckpoint> takeNewestCheckpoint(
    const std::filesystem::path& run, const std::function<bool(const SavedState&)>& fits,
    const std::function<void(const std::string& sentence)>& skipped);

}  // namespace featurescope
