// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/token_sample_torch.h"
#include "core/analysis/top_activations.h"
#include "core/base/progress.h"
#include "core/sae/autoencoder_torch.h"

#include <cstdint>
#include <vector>

namespace featurescope {

/// By feature: of the sampled tokens that do not activate it the `count` of largest pre-activation
/// z, largest first, equal ones by position; their `value` is z. Among all tokens of a long corpus
/// these would lie within rounding of the threshold, like its weakest activations; in a sample they
/// are the tokens that a feature nearly, but clearly not, fires on. Costs the encoding of the
/// sample, whatever the length of the corpus, in chunks. Dead features have near misses too.
[[nodiscard]] std::vector<std::vector<TopActivations::Activation>> nearMisses(
    const Autoencoder& autoencoder, const TokenSample& sample, std::int64_t count,
    const JobContext& job);

}  // namespace featurescope
