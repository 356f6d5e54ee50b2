// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/site.h"

#include <filesystem>
#include <optional>

namespace featurescope {

/// What a finetune run's run.json says of the SAE it tuned.
struct FineTuningRun {
  std::optional<std::filesystem::path> sae;
  std::optional<Site> site;
  bool keepsError = false;  ///< x − SAE(x), taken with c = 1 and d = 0, is added to the output

  /// Throws UserError{NotFound, BadFile}.
  static FineTuningRun load(const std::filesystem::path& run);
};

}  // namespace featurescope
