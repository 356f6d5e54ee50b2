// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/form.h"

namespace featurescope {

/// Every setting of a training run as a field, explained.
[[nodiscard]] std::vector<FormSection> trainingSections();
[[nodiscard]] std::vector<FormPreset> trainingPresets();

}  // namespace featurescope
