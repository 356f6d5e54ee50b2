// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/permuted_scales.h"

#include "core/base/random.h"
#include "core/train/shuffled_order.h"

#include <numeric>
#include <span>
#include <vector>

namespace featurescope {

FeatureScales permuted(const FeatureScales& scales, std::uint64_t seed) {
  std::vector<std::size_t> from(scales.scale.size());
  std::iota(from.begin(), from.end(), std::size_t{0});
  RandomStream random(seed, "permuted scales");
  shuffle(std::span(from), random);
  FeatureScales result = scales;
  for (std::size_t feature = 0; feature < from.size(); ++feature) {
    result.scale[feature] = scales.scale[from[feature]];
    result.bias[feature] = scales.bias[from[feature]];
  }
  return result;
}

}  // namespace featurescope
