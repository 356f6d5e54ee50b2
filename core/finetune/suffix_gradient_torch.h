// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/site_states_torch.h"
#include "core/lm/language_model_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace featurescope {

/// Which targets of a batch count: those of row r from token firstTargets[r] to its last. The model
/// is causal, so tokens behind the same beginning have the same state: one of them stands for all.
struct CountedTargets {
  at::Tensor ids;      ///< int64 [targets]
  at::Tensor sources;  ///< int64 [targets]: the token before each, a number among rows · length
  at::Tensor states;   ///< int64: of sources that have the same state, the first one
  at::Tensor places;   ///< int64 [targets]: which of the states each has before it

  [[nodiscard]] std::int64_t count() const { return ids.numel(); }
};
[[nodiscard]] CountedTargets countedTargets(const TokenBatch& batch,
                                            const std::vector<std::int64_t>& firstTargets,
                                            at::Device device);

struct SuffixGradient {
  double loss = 0;    ///< the mean over the counted targets, nats
  at::Tensor output;  ///< ∂loss/∂x̂ [real tokens, width], float32
};

/// What the way back needs of each block.
enum class KeptActivations {
  All,
  Checkpoints,  ///< its input alone; the rest is computed once more: the same bits, less memory
};

/// The rest of the model with `output` [real tokens, width] at the site, forward and backward. No
/// weight gets a gradient.
[[nodiscard]] SuffixGradient suffixGradient(const LanguageModel& model, const SiteBatch& batch,
                                            const at::Tensor& output, const CountedTargets& targets,
                                            KeptActivations kept = KeptActivations::All);

}  // namespace featurescope
