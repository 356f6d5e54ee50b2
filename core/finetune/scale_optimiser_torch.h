// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/fine_tune.h"
#include "core/finetune/scaled_code_torch.h"
#include "core/train/adam_torch.h"
#include "core/train/saved_state_torch.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace featurescope {

/// c and d of M features, learned by AdamW as torch.optim.AdamW computes it (Loshchilov and Hutter
/// 2019): p ← p − lr · λ (p − p₀), then Adam's update. p₀ is 0, or 1 and 0.
class ScaleOptimiser {
 public:
  ScaleOptimiser(const FineTuneSettings& settings, std::int64_t features, at::Device device);

  /// float32 [M], on the device
  [[nodiscard]] const at::Tensor& c() const { return c_; }
  [[nodiscard]] const at::Tensor& d() const { return d_; }

  /// One update from the language model's loss; the L1 penalty's gradient, sign(c − 1) and sign(d),
  /// is added here.
  void step(const ScaledCode::Gradients& gradients);

  /// bool [M]: the features for which the language model's loss ever had a gradient.
  [[nodiscard]] const at::Tensor& touched() const { return touched_; }
  /// Where c of the others is: what weight decay and the penalty made of it.
  [[nodiscard]] float untouchedScale() const;

  [[nodiscard]] std::int64_t stepsDone() const { return stepsDone_; }
  [[nodiscard]] SavedState save() const;
  void restore(const SavedState& state);

 private:
  void decay();

  double learningRate_, weightDecay_, l1Coefficient_;
  DecayToward decayToward_;
  at::Tensor c_, d_, touched_;
  Adam adam_;
  std::int64_t stepsDone_ = 0;
};

}  // namespace featurescope
