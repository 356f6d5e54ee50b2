// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/build_index.h"
#include "core/analysis/evaluate.h"
#include "core/finetune/fine_tune.h"
#include "core/train/train_autoencoder.h"
#include "ui/bridge/job_queue.h"

#include <filesystem>
#include <optional>

namespace featurescope {

/// The jobs of a study. With a study's folder each adds what it makes to that study.
using StudyFolder = std::optional<std::filesystem::path>;

[[nodiscard]] JobQueue::Body indexJob(IndexRequest request, StudyFolder study);

/// The run is part of the study from its start.
[[nodiscard]] JobQueue::Body trainingJob(TrainSettings settings, StudyFolder study);

/// The run is part of the study from its start.
[[nodiscard]] JobQueue::Body fineTuningJob(FineTuneSettings settings, StudyFolder study);

/// Goes on with a run folder of either kind, exactly where its newest checkpoint stands.
[[nodiscard]] JobQueue::Body resumeJob(std::filesystem::path run);

/// The same where the run has a folder, else `start`: it had not come so far.
[[nodiscard]] JobQueue::Body goOnJob(std::filesystem::path run, JobQueue::Body start);

/// Writes what `featurescope evaluate --json` prints to `out`; throws UserError{OutputExists} where
/// something is there already.
[[nodiscard]] JobQueue::Body evaluationJob(EvaluateRequest request, std::filesystem::path out);

}  // namespace featurescope
