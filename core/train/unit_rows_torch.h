// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

namespace featurescope {

/// Takes from each row of `gradient` [M, d] its component along the row of W_dec.
void removeParallelComponent(at::Tensor& gradient, const at::Tensor& W_dec);
/// Scales each row to unit norm; a row of zeros stays.
void normaliseRows(at::Tensor& W_dec);

}  // namespace featurescope
