// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"

#include <array>
#include <string_view>

namespace featurescope {

/// Which part of a block a weight belongs to.
enum class BlockPart { Attention, MlpIn, MlpOut };

/// One weight of a block: its name after "gpt_neox.layers.N.", where it lies, and its shape.
struct LayerTensor {
  std::string_view name;
  at::Tensor NeoxLayerWeights::*member;
  BlockPart part;
  std::int64_t (*rows)(const NeoxConfig&);
  std::int64_t (*columns)(const NeoxConfig&);  ///< null for a vector

  [[nodiscard]] std::vector<std::int64_t> shape(const NeoxConfig& config) const;
  [[nodiscard]] bool isNorm() const { return name.find("layernorm") != std::string_view::npos; }
  [[nodiscard]] bool isBias() const { return name.ends_with(".bias"); }
  /// Whether the model has it at all: attention_bias may be false.
  [[nodiscard]] bool exists(const NeoxConfig& config) const;
};

/// A weight outside of the blocks, by its full name.
struct OuterTensor {
  std::string_view name;
  at::Tensor NeoxWeights::*member;
  bool matrix;  ///< [vocabulary, d_model], else [d_model]

  [[nodiscard]] std::vector<std::int64_t> shape(const NeoxConfig& config) const;
};

extern const std::array<LayerTensor, 12> kLayerTensors;
extern const std::array<OuterTensor, 4> kOuterTensors;

/// "gpt_neox.layers.3.mlp.dense_h_to_4h.weight"
[[nodiscard]] std::string tensorName(std::int64_t layer, const LayerTensor& tensor);

}  // namespace featurescope
