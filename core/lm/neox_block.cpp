// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/rotary.h"
#include "core/lm/linear_torch.h"
#include "core/lm/neox_block_torch.h"

#include <cassert>
#include <span>

namespace featurescope {

namespace {

/// x · cos + rotate_half(x) · sin over the last dimension, rotate_half = (−second half, first
/// half).
at::Tensor rotate(const at::Tensor& x, const RotaryTable& rotary) {
  const std::int64_t half = x.size(-1) / 2;
  const at::Tensor turned = at::cat({x.slice(-1, half).neg(), x.slice(-1, 0, half)}, -1);
  return at::addcmul(x * rotary.cosine, turned, rotary.sine);
}

std::span<const float> spanOf(const at::Tensor& table) {
  return {table.const_data_ptr<float>(), static_cast<std::size_t>(table.numel())};
}

/// Queries and keys of `qkv` [rows, length, heads, 3, head width] turned, [rows, length, heads, 2,
/// head width]; `qkv` may be changed.
at::Tensor rotatedQueriesAndKeys(const at::Tensor& qkv, const RotaryTable& rotary) {
  at::Tensor queryKey = qkv.narrow(3, 0, 2);
  const std::int64_t rotated = rotary.cosine.size(-1), headWidth = qkv.size(-1);
  if (rotated == 0) return queryKey;
  if (qkv.device().is_cpu() && qkv.scalar_type() == at::kFloat && qkv.is_contiguous() &&
      !qkv.requires_grad()) {
    rotateQueriesAndKeys(
        {qkv.mutable_data_ptr<float>(), qkv.size(0), qkv.size(1), qkv.size(2), headWidth},
        spanOf(rotary.cosine), spanOf(rotary.sine));
    return queryKey;
  }
  return at::cat({rotate(queryKey.narrow(4, 0, rotated), rotary),
                  queryKey.narrow(4, rotated, headWidth - rotated)},
                 4);
}

}  // namespace

RotaryTable::RotaryTable(const NeoxConfig& config, std::int64_t length,
                         const at::TensorOptions& options) {
  const std::int64_t rotated = config.rotaryWidth();
  const auto float32 = options.dtype(at::kFloat);
  // base^(−2j/r) in float32, step by step as transformers computes it.
  const at::Tensor exponents = at::arange(0, rotated, 2, float32) / static_cast<double>(rotated);
  const at::Tensor frequencies = at::pow(config.rotaryBase, exponents).reciprocal();
  const at::Tensor angles = at::arange(length, float32).unsqueeze(1) * frequencies.unsqueeze(0);
  const at::Tensor both = at::cat({angles, angles}, -1).view({length, 1, 1, rotated});
  cosine = both.cos().to(options.dtype());
  sine = both.sin().to(options.dtype());
}

at::Tensor NeoxBlock::attention(const at::Tensor& hidden, const RotaryTable& rotary) const {
  assert(weights_.qkvWeight.defined() && "the model was opened up to an earlier site");
  const std::int64_t rows = hidden.size(0), length = hidden.size(1);
  const at::Tensor normed = at::layer_norm(hidden, {config_.width}, weights_.inputNormWeight,
                                           weights_.inputNormBias, config_.layerNormEpsilon);
  // A head's rows of the product hold its query, its key and its value, in this order.
  const at::Tensor qkv = linearLayer(normed, weights_.qkvWeight, weights_.qkvBias)
                             .view({rows, length, config_.heads, 3, config_.headWidth()});
  const at::Tensor queryKey = rotatedQueriesAndKeys(qkv, rotary);
  const auto heads = [](const at::Tensor& x, std::int64_t which) {
    return x.select(3, which).transpose(1, 2);  // [rows, heads, length, headWidth]
  };
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(queryKey, 0), heads(queryKey, 1), heads(qkv, 2), {}, 0.0, /*is_causal=*/true);
  return linearLayer(mixed.transpose(1, 2).reshape({rows, length, config_.width}),
                     weights_.attentionOutWeight, weights_.attentionOutBias);
}

at::Tensor NeoxBlock::mlpInput(const at::Tensor& hidden) const {
  assert(weights_.mlpInWeight.defined() && "the model was opened up to an earlier site");
  return at::layer_norm(hidden, {config_.width}, weights_.postAttentionNormWeight,
                        weights_.postAttentionNormBias, config_.layerNormEpsilon);
}

LinearEpilogue NeoxBlock::nonlinearity() const {
  // transformers' gelu_new and gelu_fast write the same tanh approximation in other words.
  return config_.activation == HiddenActivation::Gelu ? LinearEpilogue::Gelu
                                                      : LinearEpilogue::GeluTanh;
}

at::Tensor NeoxBlock::mlpPre(const at::Tensor& hidden) const {
  return linearLayer(mlpInput(hidden), weights_.mlpInWeight, weights_.mlpInBias);
}

at::Tensor NeoxBlock::mlpOut(const at::Tensor& pre) const {
  assert(weights_.mlpOutWeight.defined() && "the model was opened up to an earlier site");
  const bool exact = nonlinearity() == LinearEpilogue::Gelu;
  return linearLayer(at::gelu(pre, exact ? "none" : "tanh"), weights_.mlpOutWeight,
                     weights_.mlpOutBias);
}

at::Tensor NeoxBlock::mlp(const at::Tensor& hidden) const {
  assert(weights_.mlpOutWeight.defined() && "the model was opened up to an earlier site");
  const at::Tensor inner =
      linearLayer(mlpInput(hidden), weights_.mlpInWeight, weights_.mlpInBias, nonlinearity());
  return linearLayer(inner, weights_.mlpOutWeight, weights_.mlpOutBias);
}

}  // namespace featurescope
