// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/feature_scales.h"

#include <cstdint>

namespace featurescope {

/// The control of a fine-tuning: the same pairs (c, d), each given to a feature drawn by seed. Were
/// it as good, which feature changed how would not matter.
[[nodiscard]] FeatureScales permuted(const FeatureScales& scales, std::uint64_t seed);

}  // namespace featurescope
