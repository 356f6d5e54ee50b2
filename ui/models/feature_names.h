// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"

namespace featurescope {

/// The token that a feature fires on most; empty for one that is not there, or fires on nothing.
[[nodiscard]] QString topTokenOf(const FeatureColumns& features, FeatureId feature);

}  // namespace featurescope
