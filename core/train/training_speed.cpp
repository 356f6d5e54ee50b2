// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_speed.h"

#include "core/train/memory_estimate.h"
#include "core/train/train_settings.h"
#include "core/train/training_run_torch.h"

#include <ATen/core/grad_mode.h>

namespace featurescope {

double measureTrainingSpeed(const TrainSettings& given, const JobContext& job) {
  checkTrainSettings(given);
  TrainSettings settings = given;
  // What comes once in a run is left out: the sample for b_dec, a full shuffle buffer, held-out
  // texts.
  settings.decoderBias = DecoderBias::Zero;
  settings.normalisation = Normalisation::None;
  settings.shuffle = false;
  settings.heldOut.clear();
  applyThreads(settings.compute);
  checkMemory(settings, job.progress);
  const c10::NoGradGuard noGradients;
  TrainingRun run(settings);
  return run.measureSpeed(job);
}

}  // namespace featurescope
