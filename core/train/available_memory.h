// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace featurescope {

/// Where the kernel tells of memory.
struct MemoryFiles {
  std::filesystem::path memory = "/proc/meminfo";
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path groups = "/sys/fs/cgroup";
};

/// Bytes that this process may still take without swapping: what the machine has left, and not more
/// than its control groups (version 1 or 2) leave it, whose file caches count as free. Nothing
/// where the kernel does not say.
[[nodiscard]] std::optional<std::uint64_t> availableMemory(const MemoryFiles& files = {});

}  // namespace featurescope
