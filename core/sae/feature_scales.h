// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace featurescope {

/// What a fine-tuning learned: z → ReLU(c ⊙ z + d), a scale and a bias a feature.
struct FeatureScales {
  std::vector<float> scale, bias;  ///< c and d, [M]

  /// Of RUN/scales.safetensors. Throws UserError{NotFound, BadFile, NotFinite}, and {ShapeMismatch}
  /// when the run is of an SAE with another number of features.
  static FeatureScales load(const std::filesystem::path& run, std::int64_t features);
  /// Writes RUN/scales.safetensors and RUN/scales.csv (feature,scale,bias).
  void save(const std::filesystem::path& run) const;
  [[nodiscard]] static std::filesystem::path fileOf(const std::filesystem::path& run);

  /// The fine-tuned value of `feature` where its value before is `activation` > 0, which is z
  /// itself.
  [[nodiscard]] float apply(FeatureId feature, float activation) const {
    const auto f = static_cast<std::size_t>(feature.value);
    return std::max(0.0F, scale[f] * activation + bias[f]);
  }
};

}  // namespace featurescope
