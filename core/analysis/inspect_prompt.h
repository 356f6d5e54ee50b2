// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"

#include <cstdint>
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

struct PromptActivation {
  FeatureId feature;
  float value = 0;
};

struct PromptToken {
  TokenId token;
  std::string strToken;                       ///< as displayed
  std::vector<PromptActivation> activations;  ///< all > 0, the strongest first, ties by feature
};

/// One pass over the prompt as a single sequence from position 0, no token added. Throws
/// UserError{BadText} for an empty prompt, {ShapeMismatch} for one longer than the model's
/// positions, and what opening the parts throws.
[[nodiscard]] std::vector<PromptToken> inspectPrompt(const InspectRequest& request,
                                                     const JobContext& job);

}  // namespace featurescope
