// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/fine_tune.h"

#include "core/base/error.h"
#include "core/finetune/fine_tune_estimate.h"
#include "core/finetune/fine_tune_settings.h"
#include "core/finetune/fine_tuner_torch.h"
#include "core/finetune/resume_fine_tuning.h"
#include "core/lm/neox_config.h"
#include "core/train/resume_torch.h"
#include "core/train/sae_fit.h"

#include <ATen/core/grad_mode.h>

namespace featurescope {

namespace {

/// What is wrong with the inputs shows before the weights are read. Sets LibTorch's threads.
FineTuneSettings checkedInputs(FineTuneSettings settings) {
  const CheckpointInfo sae = inspectCheckpoint(settings.sae);
  checkFineTunable(sae);
  checkFits(sae, NeoxConfig::load(settings.model), settings.site);
  // As a number, since bits depend on it: a run that goes on takes as many.
  if (settings.compute.threads == 0) settings.compute.threads = availableThreads();
  applyThreads(settings.compute);
  return settings;
}

FineTuneResult resultFromJson(const Json& run, const std::string& what) {
  const Json figures = run.value("result", Json::object());
  FineTuneResult result;
  result.last = {.step = member<std::int64_t>(figures, "steps", what) - 1,
                 .epoch = member<std::int64_t>(figures, "epoch", what),
                 .loss = member<double>(figures, "loss", what),
                 .learningRate = member<double>(figures, "lr", what)};
  result.enhanced = member<std::int64_t>(figures, "enhanced", what);
  result.inhibited = member<std::int64_t>(figures, "inhibited", what);
  result.untouched = member<std::int64_t>(figures, "untouched", what);
  for (const Json& text : run.value("measured", Json::array())) {
    result.measured.push_back(measuredLossesFromJson(text, what));
  }
  return result;
}

}  // namespace

FineTuneResult fineTune(const FineTuneSettings& given, const JobContext& job) {
  return guarded("cannot fine-tune", [&] {
    checkFineTuneSettings(given);
    checkRunFolder(given.out, given.force);
    const FineTuneSettings settings = checkedInputs(given);
    const c10::NoGradGuard noGradients;
    FineTuner run(settings, job);
    run.begin(job);
    RunFolder folder =
        RunFolder::create(settings.out, run.description(), run.allTables(), settings.force);
    run.run(folder, job);
    return run.result();
  });
}

FineTuningSpeed measureFineTuningSpeed(const FineTuneSettings& given, const JobContext& job) {
  return guarded("cannot fine-tune", [&] {
    checkFineTuneSettings(given);
    FineTuneSettings settings = checkedInputs(given);
    settings.alsoMeasure.clear();
    const c10::NoGradGuard noGradients;
    return FineTuner(settings, job).measureSpeed(job);
  });
}

ResumedFineTuning resumeFineTuning(const std::filesystem::path& path, const ResumeOptions& options,
                                   const JobContext& job) {
  RunFolder folder = openRun(path, "finetune");
  const std::string what = cannotGoOn(path) + ": run.json";
  const Json& description = folder.description();
  if (isFinished(folder)) {
    return {.result = resultFromJson(description, what), .wasFinished = true};
  }
  FineTuneSettings settings = fineTuneSettingsFromJson(description.value("settings", Json()), what);
  settings.out = path;
  settings.compute.threads = options.threads.value_or(settings.compute.threads);
  settings.compute.device = options.device.value_or(settings.compute.device);
  applyThreads(settings.compute);
  const c10::NoGradGuard noGradients;
  FineTuner run(settings, job);
  ResumedFineTuning resumed;
  resumed.resumedFrom = goOn(folder, run, job);
  resumed.result = run.result();
  return resumed;
}

}  // namespace featurescope
