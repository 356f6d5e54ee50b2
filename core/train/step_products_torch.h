// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/compute.h"

#include <ATen/ATen.h>

namespace featurescope {

/// How a dense training step multiplies its float32 matrices. On a GPU, unless float32 is asked
/// for, the factors are rounded to bfloat16 and their products summed in float32; parameters,
/// gradients and moments stay float32 (sae_training.md: masters).
class StepProducts {
 public:
  /// float32 factors.
  StepProducts() = default;
  /// What `compute` asks for on this device.
  StepProducts(const ComputeOptions& compute, at::Device device);

  /// out = a · b; float32, without a gradient.
  void multiplyInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) const;
  [[nodiscard]] at::Tensor multiply(const at::Tensor& a, const at::Tensor& b) const;

  [[nodiscard]] at::ScalarType factors() const { return factors_; }

 private:
  at::ScalarType factors_ = at::kFloat;
};

}  // namespace featurescope
