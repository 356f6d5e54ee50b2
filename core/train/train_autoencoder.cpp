// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_autoencoder.h"

#include "core/train/memory_estimate.h"
#include "core/train/run_folder.h"
#include "core/train/train_settings.h"
#include "core/train/training_run_torch.h"

#include <ATen/core/grad_mode.h>

namespace featurescope {

TrainMetrics trainAutoencoder(const TrainSettings& given, const JobContext& job) {
  checkTrainSettings(given);
  checkRunFolder(given.out, given.force);
  TrainSettings settings = given;
  // As a number, since bits depend on it: a run that goes on takes as many.
  if (settings.compute.threads == 0) settings.compute.threads = availableThreads();
  applyThreads(settings.compute);
  checkMemory(settings, job.progress);
  const c10::NoGradGuard noGradients;
  TrainingRun run(settings);
  run.begin(job);
  RunFolder folder =
      RunFolder::create(settings.out, run.description(), run.allTables(), settings.force);
  run.run(folder, job);
  return run.last();
}

}  // namespace featurescope
