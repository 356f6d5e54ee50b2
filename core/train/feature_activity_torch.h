// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/saved_state_torch.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace featurescope {

/// When each feature was last active, and so which are dead: active in none of the last
/// min(steps done, window) steps, the one just done included (contract, "Words and definitions").
class FeatureActivity {
 public:
  FeatureActivity(std::int64_t features, std::int64_t window, at::Device device);

  /// Tells of one more step: `activeTokens` [M], on how many tokens each feature was active.
  void add(const at::Tensor& activeTokens);

  /// bool [M]
  [[nodiscard]] at::Tensor dead() const;
  [[nodiscard]] std::int64_t deadCount() const;
  /// int64 [M]: the number of the step, from 1, that last activated each feature; 0 for none.
  [[nodiscard]] const at::Tensor& lastActive() const { return lastActive_; }

  [[nodiscard]] SavedState save() const;
  void restore(const SavedState& state);

 private:
  std::int64_t window_;
  std::int64_t steps_ = 0;
  at::Tensor lastActive_;
};

}  // namespace featurescope
