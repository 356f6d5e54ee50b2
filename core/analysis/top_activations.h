// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/code_by_feature.h"
#include "core/base/ids.h"

#include <cstdint>
#include <vector>

namespace featurescope {

/// The strongest activations of every feature over a stream: the `count` of largest value, equal
/// values by position. 16 bytes each, for those that exist.
class TopActivations {
 public:
  struct Activation {
    float value = 0;
    Position position = 0;
  };

  /// The order of ranks: larger values first, equal ones by position.
  [[nodiscard]] static bool isStronger(const Activation& a, const Activation& b) {
    return a.value != b.value ? a.value > b.value : a.position < b.position;
  }

  /// `count`: at least 1.
  TopActivations(std::int64_t features, std::int64_t count);

  void add(const CodeByFeature& columns);

  /// Strongest first.
  [[nodiscard]] std::vector<Activation> ranked(FeatureId feature) const;

 private:
  std::size_t count_;
  std::vector<std::vector<Activation>> kept_;  ///< by feature, in no order
};

}  // namespace featurescope
