// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/autoencoder_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

namespace featurescope {

/// The parameters a run starts from, on `device`: those of --init as they are, else fresh ones by
/// seed with M = features or expansion · width.
/// W_enc is a transposed view of [M, d] (SparseStep::supports).
/// Throws UserError{ShapeMismatch} when --init does not fit `width` or --features, {NotFinite}, and
/// what reading the file throws.
[[nodiscard]] AutoencoderParameters initialParameters(const TrainSettings& settings,
                                                      std::int64_t width, at::Device device);

/// A vector to start b_dec from, for x [n, d]: zeros, the mean, or the geometric median.
[[nodiscard]] at::Tensor startOfDecoderBias(DecoderBias start, const at::Tensor& x);

/// The point y [d] with the least Σ ‖x_i − y‖ over the rows of x [n, d] (Weiszfeld's iteration as
/// Vardi and Zhang mended it for points that lie on a row), to a relative 1e-6 of a row's distance.
[[nodiscard]] at::Tensor geometricMedian(const at::Tensor& x);

/// The coefficient a run takes when none is given: 2.5 · s / √M, where s is the root mean square of
/// ‖x − x̄‖ over the first batch x. A feature is kept at a token only where it contributes more than
/// half the coefficient; this sets that bar at an eighth of what each of 1% of M features would
/// contribute if they shared the token's norm equally. It depends on the data's scale, not on the
/// parameters a run starts from.
[[nodiscard]] double measuredL1Coefficient(const at::Tensor& x, std::int64_t features);

}  // namespace featurescope
