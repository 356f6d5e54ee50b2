// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/feature_activity_torch.h"

#include <algorithm>

namespace featurescope {

FeatureActivity::FeatureActivity(std::int64_t features, std::int64_t window, at::Device device)
    : window_(window),
      lastActive_(at::zeros({features}, at::TensorOptions(at::kLong).device(device))) {}

void FeatureActivity::add(const at::Tensor& activeTokens) {
  ++steps_;
  lastActive_.masked_fill_(activeTokens.gt(0), steps_);
}

at::Tensor FeatureActivity::dead() const {
  return lastActive_.le(steps_ - std::min(steps_, window_));
}

std::int64_t FeatureActivity::deadCount() const { return dead().sum().item<std::int64_t>(); }

SavedState FeatureActivity::save() const {
  SavedState state;
  state.tensors.emplace("last_active", lastActive_);
  state.values["steps"] = steps_;
  return state;
}

void FeatureActivity::restore(const SavedState& state) {
  state.copyTo(lastActive_, "last_active");
  steps_ = state.value<std::int64_t>("steps");
}

}  // namespace featurescope
