// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace featurescope {

/// What a fine-tuning run learned, by feature: z → ReLU(c ⊙ z + d).
struct FineTuningResult {
  std::filesystem::path run;
  std::vector<double> scale, bias;  ///< c and d
  /// The c of a feature that no counted target depended on: weight decay alone leads there.
  double untouchedScale = 1;
  std::string saeHash;     ///< of the SAE that was tuned; empty where it is not found any more
  std::string scalesHash;  ///< of the file of scales
};

/// Of RUN/scales.safetensors: not for the GUI thread. Throws UserError as FeatureScales::load.
[[nodiscard]] FineTuningResult readFineTuningResult(const std::filesystem::path& run);

/// Features by how much their scale is above the untouched one, the most first; `enhanced` false:
/// below it. Ties by feature.
[[nodiscard]] std::vector<std::size_t> mostChanged(const FineTuningResult& result, bool enhanced,
                                                   std::size_t count);

}  // namespace featurescope
