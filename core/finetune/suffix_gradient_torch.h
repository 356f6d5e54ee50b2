// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/finetune/site_states_torch.h"
#include "core/lm/language_model_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace featurescope {

/// Which targets of a batch count: those of row r from token firstTargets[r] to its last.
struct CountedTargets {
  at::Tensor sources;  ///< int64: numbers of the tokens before the targets, among rows · length
  at::Tensor ids;      ///< int64: the targets
  std::vector<std::int64_t> perRow;

  [[nodiscard]] std::int64_t count() const { return ids.numel(); }
};
[[nodiscard]] CountedTargets countedTargets(const TokenBatch& batch,
                                            const std::vector<std::int64_t>& firstTargets,
                                            at::Device device);

struct SuffixGradient {
  double loss = 0;    ///< the mean over the counted targets, nats
  at::Tensor output;  ///< ∂loss/∂x̂ [real tokens, width], float32
};

/// The rest of the model with `output` [real tokens, width] at the site, forward and backward. No
/// weight gets a gradient.
[[nodiscard]] SuffixGradient suffixGradient(const LanguageModel& model, const SiteBatch& batch,
                                            const at::Tensor& output,
                                            const CountedTargets& targets);

}  // namespace featurescope
