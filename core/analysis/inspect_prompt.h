// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/prompt_session.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"

#include <filesystem>
#include <string>
#include <vector>

namespace featurescope {

/// Which features a prompt activates: the verb `inspect`. Torch-free to call.
struct InspectRequest {
  std::filesystem::path model;
  std::filesystem::path sae;
  Site site;
  std::string prompt;
  ComputeOptions compute;
};

/// One pass over the prompt as a single sequence from position 0, no token added. Throws
/// UserError{BadText} for an empty prompt, {ShapeMismatch} for one longer than the model's
/// positions, and what opening the parts throws.
[[nodiscard]] std::vector<PromptToken> inspectPrompt(const InspectRequest& request,
                                                     const JobContext& job);

}  // namespace featurescope
