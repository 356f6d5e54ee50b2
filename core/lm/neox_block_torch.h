// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"
#include "core/lm/linear_torch.h"

namespace featurescope {

/// cos and sin of every position's rotary angles, [length, 1, 1, rotary width]: the same for every
/// block of a pass. Angles are float32, the tables in the model's dtype (as transformers does it).
struct RotaryTable {
  at::Tensor cosine, sine;

  RotaryTable(const NeoxConfig& config, std::int64_t length, const at::TensorOptions& options);
};

/// One block's parts (reference/pythia.md, "Forward pass"); `hidden` is [rows, length, d_model].
class NeoxBlock {
 public:
  NeoxBlock(const NeoxConfig& config, const NeoxLayerWeights& weights)
      : config_(config), weights_(weights) {}

  /// dense(Attn(LN_input(hidden)))
  [[nodiscard]] at::Tensor attention(const at::Tensor& hidden, const RotaryTable& rotary) const;
  /// W1 · LN_post(hidden) + b1, before the nonlinearity
  [[nodiscard]] at::Tensor mlpPre(const at::Tensor& hidden) const;
  /// W2 · gelu(pre) + b2
  [[nodiscard]] at::Tensor mlpOut(const at::Tensor& pre) const;
  /// mlpOut(mlpPre(hidden)) where nobody looks between: the nonlinearity costs no pass of its own.
  [[nodiscard]] at::Tensor mlp(const at::Tensor& hidden) const;

 private:
  [[nodiscard]] at::Tensor mlpInput(const at::Tensor& hidden) const;
  [[nodiscard]] LinearEpilogue nonlinearity() const;

  const NeoxConfig& config_;
  const NeoxLayerWeights& weights_;
};

}  // namespace featurescope
