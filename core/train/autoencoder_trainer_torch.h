// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/adam_torch.h"
#include "core/train/divergence.h"
#include "core/train/feature_activity_torch.h"
#include "core/train/l1_control.h"
#include "core/train/learning_rate.h"
#include "core/train/objective_torch.h"
#include "core/train/resampling_torch.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"
#include "core/train/train_event.h"

#include <memory>
#include <optional>
#include <vector>

namespace featurescope {

/// An SAE in training: everything that one step reads and changes. One thread at a time.
class AutoencoderTrainer {
 public:
  struct Options {
    std::int64_t tokensPerStep = 1024;
    AdamOptions adam;  ///< its learning rate is overwritten by `learningRate`
    LearningRateSettings learningRate;
    L1ControlSettings l1;  ///< its response is overwritten by what the learning rate makes it
    std::optional<double> clipGradient;  ///< the largest norm of all gradients together
    bool projectDecoderGradient = false;
    std::int64_t deadWindow = 5000;  ///< steps
    ResamplingSettings resampling;
    std::uint64_t seed = 0;  ///< of what resampling draws
  };

  AutoencoderTrainer(AutoencoderParameters parameters, std::unique_ptr<Objective> objective,
                     const Options& options);

  /// One update by x [tokensPerStep, d]: gradients, Adam, W_dec's rows back to unit norm, and what
  /// the rules demand after it (resampling, the next step's coefficient). The figures are the
  /// batch's before the update; tokensPerSecond is left to the caller.
  /// Throws UserError{NotFinite} when the loss is no number or diverges; nothing is then changed.
  TrainMetrics step(const at::Tensor& x);

  /// What the rules did since this was last asked.
  [[nodiscard]] std::vector<TrainEvent> takeEvents();

  [[nodiscard]] const AutoencoderParameters& parameters() const { return parameters_; }
  [[nodiscard]] const Objective& objective() const { return *objective_; }
  [[nodiscard]] std::int64_t stepsDone() const { return stepsDone_; }

  /// All that decides the steps to come. Its tensors are those that step() goes on changing.
  [[nodiscard]] SavedState save() const;
  /// A trainer of the same options and shapes goes on bit for bit where `state` was saved.
  /// Throws UserError{BadFile}; the trainer is then of no further use.
  void restore(const SavedState& state);

 private:
  void checkLoss(const TrainMetrics& figures, const at::Tensor& x);
  void update(double learningRate);
  void controlL1(const TrainMetrics& figures);
  void resampleWhatIsDead();
  void note(std::string kind, std::string sentence, Json figures);

  Options options_;
  AutoencoderParameters parameters_;
  std::unique_ptr<Objective> objective_;
  Adam adam_;
  FeatureActivity activity_;
  LearningRate learningRate_;
  L1Control l1_;
  FeatureResampler resampler_;
  DivergenceWatch divergence_;
  std::vector<TrainEvent> events_;
  std::int64_t stepsDone_ = 0;
};

}  // namespace featurescope
