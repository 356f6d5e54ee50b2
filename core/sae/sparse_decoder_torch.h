// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/sparse_code.h"
#include "core/sae/autoencoder_torch.h"

#include <ATen/ATen.h>

namespace featurescope {

/// Autoencoder::decode of a sparse code: x̂ [tokens, d] of `code` [tokens, M], made of x [tokens,
/// d]. On the CPU and where few features are active, from their rows of W_dec alone; else dense.
[[nodiscard]] at::Tensor decode(const Autoencoder& autoencoder, const SparseCode& code,
                                const at::Tensor& x);

/// The code with its zeros, float32 [tokens, M] on the CPU.
[[nodiscard]] at::Tensor toDense(const SparseCode& code);

}  // namespace featurescope
