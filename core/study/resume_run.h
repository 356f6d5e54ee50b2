// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/resume_fine_tuning.h"
#include "core/train/resume.h"

#include <filesystem>
#include <variant>

namespace featurescope {

using ResumedRun = std::variant<ResumedTraining, ResumedFineTuning>;

/// The verb `resume`: resumeTraining or resumeFineTuning, as run.json says. Throws as they do.
ResumedRun resumeRun(const std::filesystem::path& run, const ResumeOptions& options,
                     const JobContext& job);

}  // namespace featurescope
