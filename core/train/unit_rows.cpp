// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/unit_rows_torch.h"

namespace featurescope {

namespace {

/// A row of zeros has no direction: divided by this it stays what it is.
constexpr double kSmallestNorm = 1e-30;

}  // namespace

void removeParallelComponent(at::Tensor& gradient, const at::Tensor& W_dec) {
  const auto dot = [](const at::Tensor& a, const at::Tensor& b) {  // by rows, without a·b in memory
    return a.unsqueeze(1).bmm(b.unsqueeze(2)).squeeze(2);
  };
  // The first step may see rows of any norm (--init).
  const at::Tensor squaredNorm = dot(W_dec, W_dec).clamp_min_(kSmallestNorm);
  gradient.addcmul_(dot(gradient, W_dec) / squaredNorm, W_dec, -1);
}

void normaliseRows(at::Tensor& W_dec) {
  W_dec.div_(at::linalg_vector_norm(W_dec, 2, 1, /*keepdim=*/true).clamp_min_(kSmallestNorm));
}

}  // namespace featurescope
