// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/feature_scales.h"

#include <optional>

namespace featurescope {

/// The SAE in place of a site's value: x → f W_dec + b_dec, with `scales` f = ReLU(c ⊙ z + d),
/// where no selection takes place. `keepError` adds what the same loses at c = 1 and d = 0. The
/// edit holds the SAE; it throws UserError{NotFinite} for a value of x that is not finite. Throws
/// UserError {Unsupported} for scales of a gated SAE.
[[nodiscard]] LanguageModel::Edit saeEdit(const Site& site, const Autoencoder& autoencoder,
                                          const std::optional<FeatureScales>& scales,
                                          bool keepError);

}  // namespace featurescope
