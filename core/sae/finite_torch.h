// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <cmath>

namespace featurescope {

/// Whether no element is NaN or infinite. Nearly always one pass without a temporary: a finite sum
/// proves it, since nothing that is added makes an infinity or a NaN finite again.
[[nodiscard]] inline bool allFinite(const at::Tensor& tensor) {
  if (std::isfinite(tensor.sum().item<double>())) return true;
  return at::isfinite(tensor).all().item<bool>();
}

}  // namespace featurescope
