// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <filesystem>
#include <vector>

namespace featurescope {

/// [{"path", "hash"}, …] of files that a run reads, for run.json. Paths are absolute.
[[nodiscard]] Json fileHashes(const std::vector<std::filesystem::path>& files);

}  // namespace featurescope
