// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/adam_torch.h"
#include "core/train/feature_activity_torch.h"
#include "core/train/sae_step_torch.h"
#include "core/train/train_autoencoder.h"

namespace featurescope {

/// A standard SAE in training: everything that one step reads and changes.
class AutoencoderTrainer {
 public:
  struct Options {
    std::int64_t tokensPerStep = 1024;
    AdamOptions adam;
    double l1Coefficient = 0;
    bool projectDecoderGradient = false;
    std::int64_t deadWindow = 5000;  ///< steps
  };

  AutoencoderTrainer(AutoencoderParameters parameters, const Options& options);

  /// One update by x [tokensPerStep, d]: gradients, Adam, W_dec's rows back to unit norm. The
  /// figures are the batch's before the update; tokensPerSecond is left to the caller. Throws
  /// UserError{NotFinite} when the loss is no number; the parameters are then as before.
  TrainMetrics step(const at::Tensor& x);

  [[nodiscard]] const AutoencoderParameters& parameters() const { return parameters_; }

 private:
  Options options_;
  AutoencoderParameters parameters_;
  SaeStep step_;
  Adam adam_;
  FeatureActivity activity_;
  std::int64_t stepsDone_ = 0;
};

}  // namespace featurescope
