// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace featurescope {

/// The cores that the process's control groups grant (rounded up), or nothing when none limits
/// them. `membership` is the text of /proc/self/cgroup; `root` is where control groups are mounted
/// (/sys/fs/cgroup). Knows version 2 (cpu.max of the group and of each one above it) and version 1
/// (cpu.cfs_quota_us).
[[nodiscard]] std::optional<int> controlGroupCores(std::string_view membership,
                                                   const std::filesystem::path& root);

}  // namespace featurescope
