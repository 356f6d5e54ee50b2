// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/lm/language_model_torch.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace featurescope::testing {

/// What distinguishes one small GPT-NeoX from another; the rest are the format's defaults.
struct ModelShape {
  std::int64_t layers = 2, width = 8, heads = 2, innerWidth = 12, vocabulary = 17;
  std::int64_t maxPositions = 16;
};

inline NeoxConfig configOf(const ModelShape& shape) {
  NeoxConfig config;
  config.layers = shape.layers;
  config.width = shape.width;
  config.heads = shape.heads;
  config.innerWidth = shape.innerWidth;
  config.vocabulary = shape.vocabulary;
  config.maxPositions = shape.maxPositions;
  return config;
}

/// As GPT-NeoX is initialised, by seed.
inline LanguageModel randomModel(const ModelShape& shape, std::uint64_t seed) {
  const NeoxConfig config = configOf(shape);
  return {config, NeoxWeights::random(config, seed)};
}

/// Ids below `vocabulary`, int64 [rows, length]; the same each time.
inline at::Tensor randomTokens(std::int64_t rows, std::int64_t length, std::int64_t vocabulary) {
  RandomStream random(3, "tokens");
  at::Tensor tokens = at::empty({rows, length}, at::kLong);
  for (std::int64_t i = 0; i < tokens.numel(); ++i) {
    tokens.mutable_data_ptr<std::int64_t>()[i] =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(vocabulary)));
  }
  return tokens;
}

}  // namespace featurescope::testing
