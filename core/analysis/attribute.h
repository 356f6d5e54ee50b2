// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/logit_attribution_convention.h"
#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// The verb `attribute` (contract): one feature's direct logit attribution. Torch-free to call.
struct AttributeRequest {
  std::filesystem::path model;
  std::filesystem::path sae;
  FeatureId feature;
  std::optional<Site> site;         ///< nothing: what the SAE says, else the residual stream's way
  std::int64_t limit = 10;          ///< most promoted tokens, and as many most suppressed
  std::vector<std::string> tokens;  ///< these instead, each the text of one token
  ComputeOptions compute;
};

struct AttributedToken {
  TokenId token;
  std::string strToken;  ///< as displayed
  float value = 0;
};

/// The most promoted, falling, then the most suppressed, the strongest first; or the named tokens
/// in their order. Throws UserError{OutOfRange} for the feature, {BadText} for a name that is not
/// one token, and what LogitAttribution::open throws.
[[nodiscard]] std::vector<AttributedToken> attribute(const AttributeRequest& request,
                                                     const JobContext& job);

}  // namespace featurescope
