// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/architecture.h"

#include <algorithm>
#include <array>

namespace featurescope {

namespace {

struct ArchitectureName {
  Architecture architecture;
  std::string_view name;
};

constexpr std::array<ArchitectureName, 5> kNames{{{Architecture::Standard, "standard"},
                                                  {Architecture::TopK, "topk"},
                                                  {Architecture::BatchTopK, "batchtopk"},
                                                  {Architecture::JumpRelu, "jumprelu"},
                                                  {Architecture::Gated, "gated"}}};

}  // namespace

std::string_view name(Architecture architecture) {
  return std::find_if(kNames.begin(), kNames.end(),
                      [&](const auto& entry) { return entry.architecture == architecture; })
      ->name;
}

std::optional<Architecture> architectureNamed(std::string_view name) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const auto& entry) { return entry.name == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->architecture;
}

}  // namespace featurescope
