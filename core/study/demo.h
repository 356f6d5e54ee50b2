// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <filesystem>

namespace featurescope {

/// Where the program's bundled files lie: $FEATURESCOPE_RESOURCES, else share/featurescope beside
/// the program's bin/, else resources/ of the source tree the program was built in. Throws
/// UserError{NotFound}.
[[nodiscard]] std::filesystem::path resourceFolder();

/// The verb `demo`: a ready study with the bundled model, tokenizer, SAE, texts and index.
Study makeDemoStudy(const std::filesystem::path& folder, bool force);

}  // namespace featurescope
