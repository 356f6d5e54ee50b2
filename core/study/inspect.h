// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <filesystem>

namespace featurescope {

/// What a path is: the JSON of the verb `info` (contract). Throws UserError naming what was found
/// when it is nothing we know.
[[nodiscard]] Json inspectPath(const std::filesystem::path& path);

}  // namespace featurescope
