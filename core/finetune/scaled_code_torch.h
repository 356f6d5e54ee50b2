// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/sparse_matrix.h"
#include "core/sae/autoencoder_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace featurescope {

/// What a fine-tuning puts in place of x, and its hand-written gradients (paper, "Fine-Tuning"):
///   z = pre-activations of x,  f = ReLU(c ⊙ z + d),  x̂ = f W_dec + b_dec
/// without the selection that topk and jumprelu SAEs make. With the error kept, x̂ also gets what
/// the same loses at c = 1 and d = 0: x − ReLU(z) W_dec − b_dec, which c and d do not move.
/// Where few features are active only their rows of W_dec are read, forward and backward.
class ScaledCode {
 public:
  /// Keeps a reference. Throws UserError{Unsupported} for a gated SAE.
  ScaledCode(const Autoencoder& autoencoder, bool keepError);

  /// x [tokens, d], c and d [M]; remembers what backward() needs.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const at::Tensor& c, const at::Tensor& d);

  struct Gradients {
    at::Tensor c, d;  ///< [M]
  };
  /// Of the last forward(), from the loss's gradient in x̂ [tokens, d].
  [[nodiscard]] Gradients backward(const at::Tensor& outputGradient) const;

 private:
  /// ReLU(values) decoded; `active` gets its entries > 0 where that paid, else it stays empty.
  [[nodiscard]] at::Tensor decoded(const at::Tensor& values, const at::Tensor& x,
                                   SparseMatrix& active) const;
  [[nodiscard]] Gradients sparseBackward(const at::Tensor& codeGradient) const;

  const Autoencoder& autoencoder_;
  bool keepError_;
  at::Tensor z_, values_;   ///< [tokens, M]: values = c ⊙ z + d
  SparseMatrix active_;     ///< f, unless it is too dense
  at::Tensor outputScale_;  ///< of each token, where the SAE normalises its input
};

}  // namespace featurescope
