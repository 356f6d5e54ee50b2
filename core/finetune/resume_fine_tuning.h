// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/fine_tune.h"
#include "core/train/resume.h"

#include <cstdint>
#include <filesystem>

namespace featurescope {

struct ResumedFineTuning {
  FineTuneResult result;
  bool wasFinished = false;      ///< there was nothing to do
  std::int64_t resumedFrom = 0;  ///< updates that were done; 0: it started over
};

/// The verb `resume` of a fine-tuning, as resumeTraining is of a training run.
ResumedFineTuning resumeFineTuning(const std::filesystem::path& run, const ResumeOptions& options,
                                   const JobContext& job);

}  // namespace featurescope
