// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/corpus.h"

#include <filesystem>

namespace featurescope {

/// A JSON array of equally long, non-empty arrays of token ids, as one batch without padding.
/// Throws UserError{NotFound, BadFile, OutOfRange}.
[[nodiscard]] TokenBatch readTokenIds(const std::filesystem::path& path);

}  // namespace featurescope
