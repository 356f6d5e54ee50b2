// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/available_memory.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

namespace fs = std::filesystem;

namespace {

using Bytes = std::optional<std::uint64_t>;

Bytes smaller(Bytes a, Bytes b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// A file that holds one number; nothing for "max" or a missing file.
Bytes numberIn(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

/// The number behind `key` in a file of lines "KEY NUMBER …".
Bytes numberAfter(const fs::path& file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t number = 0;
    if (words >> name >> number && name == key) return number;
  }
  return std::nullopt;
}

/// The files of a version in which a group tells of itself.
struct GroupFiles {
  const char *limit, *usage, *cache;
};
constexpr GroupFiles kVersionTwo{"memory.max", "memory.current", "file"};
constexpr GroupFiles kVersionOne{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache"};

Bytes leftInGroup(const fs::path& group, const GroupFiles& files) {
  const Bytes limit = numberIn(group / files.limit);
  const Bytes usage = numberIn(group / files.usage);
  if (!limit || !usage) return std::nullopt;
  const std::uint64_t cache = numberAfter(group / "memory.stat", files.cache).value_or(0);
  const std::uint64_t held = *usage - std::min(*usage, cache);
  return *limit - std::min(*limit, held);
}

/// Of `group` and every one above it, up to the mount, which a container often sees as its own.
Bytes leftAlong(const fs::path& mount, const fs::path& group, const GroupFiles& files) {
  Bytes left = leftInGroup(mount, files);
  fs::path folder = mount;
  for (const fs::path& part : group.relative_path()) {
    folder /= part;
    left = smaller(left, leftInGroup(folder, files));
  }
  return left;
}

bool namesMemory(const std::string& controllers) {
  std::istringstream list(controllers);
  for (std::string controller; std::getline(list, controller, ',');) {
    if (controller == "memory") return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> availableMemory(const MemoryFiles& files) {
  Bytes left = numberAfter(files.memory, "MemAvailable:");
  if (left) *left *= 1024;
  // Lines read "ID:CONTROLLERS:GROUP"; version 2 has no controllers.
  std::ifstream membership(files.membership);
  for (std::string line; std::getline(membership, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) left = smaller(left, leftAlong(files.groups, group, kVersionTwo));
    if (namesMemory(controllers)) {
      left = smaller(left, leftAlong(files.groups / "memory", group, kVersionOne));
    }
  }
  return left;
}

}  // namespace featurescope
