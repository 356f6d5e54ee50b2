// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/inserted_loss_torch.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace featurescope {

/// The sums behind ReplacementFigures, in double: an Σ over a whole corpus outgrows float.
class ReplacementSums {
 public:
  /// `mean`: x̄ of the corpus, float64 [width].
  explicit ReplacementSums(at::Tensor mean) : mean_(std::move(mean)) {}

  /// x [tokens, width] float32 and what stands in for it.
  void add(const at::Tensor& x, const SiteReplacement& replacement);

  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  /// At least one token must have been added.
  [[nodiscard]] ReplacementFigures figures() const;

 private:
  at::Tensor mean_;
  at::Tensor active_;  ///< int64 [M]
  std::int64_t tokens_ = 0;
  double l1_ = 0, squaredError_ = 0, squaredDeviation_ = 0, cosines_ = 0;
};

}  // namespace featurescope
