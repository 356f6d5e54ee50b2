// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// What tells a person which feature is which.
struct FeatureNames {
  std::vector<std::string> labels;     ///< [M], a person's; empty where there is none
  std::vector<std::string> topTokens;  ///< [M], as displayed; empty for a dead feature
};

/// Of an index of this SAE, and of the notes of the study whose folder the index lies in, else
/// beside the index. Throws UserError{BadFile} for an index of another SAE; as IndexReader.
[[nodiscard]] FeatureNames readFeatureNames(const std::filesystem::path& index,
                                            std::string_view saeHash);

}  // namespace featurescope
