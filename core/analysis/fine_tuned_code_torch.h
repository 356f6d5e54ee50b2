// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/feature_scales.h"
#include "core/sae/autoencoder_torch.h"

#include <ATen/ATen.h>

namespace featurescope {

/// ReLU(c ⊙ z + d) of any number of tokens, appended to `code` chunk by chunk. Needs z of every
/// token, not only where a feature was active: with d > 0 or c < 0 it fires where z ≤ 0 as well.
void encodeFineTuned(const Autoencoder& autoencoder, const FeatureScales& scales,
                     const at::Tensor& x, SparseCode& code);

}  // namespace featurescope
