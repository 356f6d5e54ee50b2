// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"

#include <ATen/ATen.h>

namespace featurescope {

/// What targets cost and how that hangs on the last hidden states before them.
struct TargetGradient {
  at::Tensor losses;  ///< float32 [targets], nats
  at::Tensor hidden;  ///< [targets, d_model]: each target's own ∂loss/∂hidden, of hidden's type
};

/// By hand, through the final layer norm and embed_out, which get no gradient. hidden [states,
/// d_model]; target i, int64 [targets], stands behind state places[i]: a state that several share
/// (sequences that begin alike) costs one row of logits. These exist for a chunk of states at a
/// time.
[[nodiscard]] TargetGradient targetGradient(const LanguageModel& model, const at::Tensor& hidden,
                                            const at::Tensor& places, const at::Tensor& targets);

}  // namespace featurescope
