// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/code_by_feature.h"
#include "core/base/ids.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// How many activations of each feature have which size, over a stream. The bins
/// are the same for every feature: four to an octave from 2^−16 to 2^16, where the first reaches
/// down to 0 and the last up to 2^128, beyond every float. Bin b counts the values in
/// [lowerEdge(b), lowerEdge(b + 1)).
class ActivationHistogram {
 public:
  static constexpr int kBinsPerOctave = 4;
  static constexpr int kLowestExponent = -16, kHighestExponent = 16;
  static constexpr int kBins = kBinsPerOctave * (kHighestExponent - kLowestExponent);
  using Counts = std::array<std::int64_t, kBins>;

  explicit ActivationHistogram(std::int64_t features);

  void add(const CodeByFeature& columns);

  [[nodiscard]] const Counts& counts(FeatureId feature) const {
    return counts_[static_cast<std::size_t>(feature.value)];
  }

  /// The bin of a value > 0.
  [[nodiscard]] static int binOf(float value);
  /// 2^(bin / 4 − 16) rounded to a float: exactly where the bin begins, for bins 0 (from 0) to
  /// kBins (2^128).
  [[nodiscard]] static double lowerEdge(int bin);

 private:
  std::vector<Counts> counts_;
};

}  // namespace featurescope
