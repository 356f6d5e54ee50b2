// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/resume_run.h"

#include "core/base/json.h"

#include <string>

namespace featurescope {

namespace {

/// Empty where there is no run.json that says: what is wrong is the job's to tell.
std::string kindOf(const std::filesystem::path& run) {
  const auto file = run / "run.json";
  if (!std::filesystem::is_regular_file(file)) return {};
  const Json description = readJson(file);
  if (!description.is_object()) return {};
  return memberOr<std::string>(description, "kind", "", "cannot go on with " + run.string());
}

}  // namespace

ResumedRun resumeRun(const std::filesystem::path& run, const ResumeOptions& options,
                     const JobContext& job) {
  if (kindOf(run) == "finetune") return resumeFineTuning(run, options, job);
  return resumeTraining(run, options, job);
}

}  // namespace featurescope
