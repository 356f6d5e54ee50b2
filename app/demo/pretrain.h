// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/neox_config.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace featurescope::demo {

struct PretrainSettings {
  NeoxConfig model;
  std::int64_t context = 128;
  std::int64_t batch = 16;  ///< contexts a step
  double learningRate = 3e-3;
  std::uint64_t seed = 0;
};

/// Trains a language model on a stream of tokens, once through: AdamW, learning rate warmed up and
/// then falling along a cosine, gradient norm clipped. Writes config.json and model.safetensors
/// (float16) into `folder` and returns the mean loss of the last hundredth of the steps.
double pretrain(const std::vector<TokenId>& stream, const PretrainSettings& settings,
                const std::filesystem::path& folder, const JobContext& job);

}  // namespace featurescope::demo
