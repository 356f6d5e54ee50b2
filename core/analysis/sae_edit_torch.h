// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/feature_scales.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"

#include <optional>

namespace featurescope {

/// The SAE in place of a site's value: x → ReLU(c ⊙ z + d) W_dec + b_dec, without `scales` c = 1
/// and d = 0. `keepError` adds what the SAE without scales loses, x − SAE(x). The edit holds the
/// SAE; it throws UserError{NotFinite} for a value of x that is not finite.
[[nodiscard]] LanguageModel::Edit saeEdit(const Site& site, const Autoencoder& autoencoder,
                                          const std::optional<FeatureScales>& scales,
                                          bool keepError);

}  // namespace featurescope
