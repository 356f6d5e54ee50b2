// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/train/train_autoencoder.h"

#include <filesystem>
#include <optional>
#include <string>

namespace featurescope {

struct ResumeOptions {
  std::optional<int> threads;         ///< nothing: as many as the run had, for the same bits
  std::optional<std::string> device;  ///< nothing: the one the run was started with
};

struct ResumedTraining {
  TrainMetrics last;             ///< the last step's figures
  bool wasFinished = false;      ///< there was nothing to do
  std::int64_t resumedFrom = 0;  ///< updates that were done; 0: it started over
};

/// The verb `resume` of a training run: goes on with one that was interrupted, killed or failed,
/// from its newest whole checkpoint, or starts it over before the first one. With the same threads
/// on the same machine its weights and metrics are to the bit those of a run without interruption.
/// A finished run is left as it is. Throws as trainAutoencoder, UserError{BadFile} for inputs that
/// are not what they were and {CannotWrite} while another process is at work on the run.
ResumedTraining resumeTraining(const std::filesystem::path& run, const ResumeOptions& options,
                               const JobContext& job);

/// What a person types to go on with `run`.
[[nodiscard]] std::string resumeCommand(const std::filesystem::path& run);

}  // namespace featurescope
