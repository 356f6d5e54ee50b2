// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/cpu_limit.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace featurescope {

namespace {

/// The smaller of two limits, either of which may be absent.
std::optional<int> stricter(std::optional<int> a, std::optional<int> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

std::optional<int> cores(double quota, double period) {
  if (!(quota > 0 && period > 0)) return std::nullopt;
  return std::max(1, static_cast<int>(std::ceil(quota / period)));
}

/// "QUOTA PERIOD" in microseconds, or "max PERIOD".
std::optional<int> versionTwoLimit(const std::filesystem::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period)) return std::nullopt;
  return cores(quota, period);
}

std::optional<int> versionOneLimit(const std::filesystem::path& group) {
  std::ifstream quotaFile(group / "cpu.cfs_quota_us"), periodFile(group / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quotaFile >> quota) || !(periodFile >> period)) return std::nullopt;
  return cores(quota, period);
}

/// The strictest limit of `group` and every group above it, up to the mount. A container often sees
/// its own group as the mount itself, so the mount always counts.
template <class Limit>
std::optional<int> limitAlong(const std::filesystem::path& mount, const std::string& group,
                              Limit limit) {
  std::optional<int> result = limit(mount);
  std::filesystem::path folder = mount;
  for (const auto& part : std::filesystem::path(group).relative_path()) {
    folder /= part;
    result = stricter(result, limit(folder));
  }
  return result;
}

bool namesCpu(const std::string& controllers) {
  std::istringstream list(controllers);
  for (std::string controller; std::getline(list, controller, ',');) {
    if (controller == "cpu") return true;
  }
  return false;
}

}  // namespace

std::optional<int> controlGroupCores(std::string_view membership,
                                     const std::filesystem::path& root) {
  // Lines read "ID:CONTROLLERS:GROUP"; version 2 has no controllers.
  std::istringstream lines{std::string(membership)};
  std::optional<int> result;
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      result = stricter(result, limitAlong(root, group, versionTwoLimit));
    } else if (namesCpu(controllers)) {
      result = stricter(result, limitAlong(root / "cpu", group, versionOneLimit));
    }
  }
  return result;
}

}  // namespace featurescope
