// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/matrix_view.h"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace featurescope {

// Tensors as the kernels see them: contiguous, on the CPU, and alive as long as the view.

/// Whether a kernel may take it.
[[nodiscard]] inline bool isPlainFloat(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

[[nodiscard]] inline MatrixView<float> viewOf(at::Tensor& matrix) {
  return {matrix.mutable_data_ptr<float>(), matrix.size(0), matrix.size(1)};
}

[[nodiscard]] inline MatrixView<const float> viewOf(const at::Tensor& matrix) {
  return {matrix.const_data_ptr<float>(), matrix.size(0), matrix.size(1)};
}

/// Of a bfloat16 matrix: the upper halves of float32's bits.
[[nodiscard]] inline MatrixView<std::uint16_t> bitsOf(at::Tensor& matrix) {
  return {static_cast<std::uint16_t*>(matrix.mutable_data_ptr()), matrix.size(0), matrix.size(1)};
}

[[nodiscard]] inline std::span<const float> spanOf(const at::Tensor& vector) {
  return {vector.const_data_ptr<float>(), static_cast<std::size_t>(vector.size(0))};
}

[[nodiscard]] inline std::span<float> spanOf(at::Tensor& vector) {
  return {vector.mutable_data_ptr<float>(), static_cast<std::size_t>(vector.size(0))};
}

}  // namespace featurescope
