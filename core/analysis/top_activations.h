// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/kernels/sparse_code.h"

#include <cstdint>
#include <vector>

namespace featurescope {

/// The strongest activations of every feature over a stream of sparse codes: the `count` of largest
/// value, equal values by position. 16 bytes each, for those that exist.
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

  TopActivations(std::int64_t features, std::int64_t count);

  /// Row i of `code` is the token at position first + i; positions only grow from call to call.
  void add(const SparseCode& code, Position first);

  /// Strongest first.
  [[nodiscard]] std::vector<Activation> ranked(FeatureId feature) const;

 private:
  std::size_t count_;
  std::vector<std::vector<Activation>> heaps_;  ///< by feature, the weakest kept one at the front
};

}  // namespace featurescope
