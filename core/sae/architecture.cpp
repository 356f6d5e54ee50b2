// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/architecture.h"

#include <algorithm>
#include <cstddef>

namespace featurescope {

std::string_view name(Architecture architecture) {
  return kArchitectureNames.at(static_cast<std::size_t>(architecture));
}

std::optional<Architecture> architectureNamed(std::string_view name) {
  const auto* const found = std::find(kArchitectureNames.begin(), kArchitectureNames.end(), name);
  if (found == kArchitectureNames.end()) return std::nullopt;
  return static_cast<Architecture>(found - kArchitectureNames.begin());
}

}  // namespace featurescope
