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

/// epilogue(x Wᵀ + b): x [..., in], W [out, in], b [out] or undefined; as at::linear, by the
/// library that multiplies faster on this processor: the same for the life of the process, so the
/// same bits. W may wait in another type or on another device than x; it is converted for as long
/// as it is multiplied, and again on a gradient's way back to x. Only a W and b like x can have
/// gradients themselves.
[[nodiscard]] at::Tensor linearLayer(const at::Tensor& x, const at::Tensor& weight,
                                     const at::Tensor& bias,
                                     LinearEpilogue epilogue = LinearEpilogue::None);

/// out [n, m] = a b of a [n, k] and b [k, m], overwritten: at::mm_out by the library that
/// linearLayer() uses, where `a` lies by rows. Records no gradient.
void multiplyInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);

/// "oneDNN" or "MKL": what multiplies float32 matrices here.
[[nodiscard]] std::string_view floatProductLibrary();

}  // namespace featurescope
