// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/scale_optimiser_torch.h"

#include <cmath>

namespace featurescope {

ScaleOptimiser::ScaleOptimiser(const FineTuneSettings& settings, std::int64_t features,
                               at::Device device)
    : learningRate_(settings.learningRate),
      weightDecay_(settings.weightDecay),
      l1Coefficient_(settings.l1Coefficient),
      decayToward_(settings.decayToward),
      c_(at::ones({features}, at::TensorOptions(device).dtype(at::kFloat))),
      d_(at::zeros_like(c_)),
      touched_(at::zeros_like(c_, at::kBool)),
      adam_({settings.learningRate, settings.beta1, settings.beta2, settings.epsilon}, {c_, d_}) {}

void ScaleOptimiser::decay() {
  const double share = learningRate_ * weightDecay_;
  if (share == 0) return;
  if (decayToward_ == DecayToward::Initial) {
    c_.sub_(c_.sub(1), share);
  } else {
    c_.mul_(1 - share);
  }
  d_.mul_(1 - share);
}

void ScaleOptimiser::step(const ScaledCode::Gradients& gradients) {
  at::Tensor ofC = gradients.c, ofD = gradients.d;
  touched_.logical_or_(ofC.ne(0).logical_or_(ofD.ne(0)));
  if (l1Coefficient_ > 0) {
    ofC = ofC.add(c_.sub(1).sign_(), l1Coefficient_);
    ofD = ofD.add(d_.sign(), l1Coefficient_);
  }
  decay();
  adam_.step({ofC, ofD});
  ++stepsDone_;
}

float ScaleOptimiser::untouchedScale() const {
  const at::Tensor others = touched_.logical_not().nonzero();
  if (others.numel() > 0) return c_[others[0][0].item<std::int64_t>()].item<float>();
  if (decayToward_ == DecayToward::Initial) return 1;
  return static_cast<float>(
      std::pow(1 - learningRate_ * weightDecay_, static_cast<double>(stepsDone_)));
}

SavedState ScaleOptimiser::save() const {
  SavedState state;
  state.tensors = {{"c", c_}, {"d", d_}, {"touched", touched_}};
  state.values["steps"] = stepsDone_;
  state.merge("adam", adam_.save());
  return state;
}

void ScaleOptimiser::restore(const SavedState& state) {
  state.copyTo(c_, "c");
  state.copyTo(d_, "d");
  state.copyTo(touched_, "touched");
  stepsDone_ = state.value<std::int64_t>("steps");
  adam_.restore(state.part("adam"));
}

}  // namespace featurescope
