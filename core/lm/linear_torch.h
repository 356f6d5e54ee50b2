// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <string_view>

namespace featurescope {

/// What follows a linear layer in the same pass over its output.
enum class LinearEpilogue {
  None,
  Gelu,      ///< exact, by erf
  GeluTanh,  ///< the tanh approximation
};

/// epilogue(x Wᵀ + b): x [..., in], W [out, in], b [out] or undefined. As at::linear, which it
/// calls where a gradient is recorded or the device is not the CPU; else by the library that
/// multiplies faster on this processor. The same library for the life of the process, so the same
/// bits.
[[nodiscard]] at::Tensor linearLayer(const at::Tensor& x, const at::Tensor& weight,
                                     const at::Tensor& bias,
                                     LinearEpilogue epilogue = LinearEpilogue::None);

/// out [n, m] = a b of a [n, k] and b [k, m], overwritten: at::mm_out by the library that
/// linearLayer() uses, where `a` lies by rows. Records no gradient.
void multiplyInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);

/// "oneDNN" or "MKL": what multiplies float32 matrices here.
[[nodiscard]] std::string_view floatProductLibrary();

}  // namespace featurescope
