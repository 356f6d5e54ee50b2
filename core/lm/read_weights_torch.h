// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/language_model_torch.h"
#include "core/lm/model_folder.h"

namespace featurescope {

/// The weights that `options.upTo` needs, checked against the config, finite, contiguous, in the
/// wanted dtype on the wanted device. Where nothing has to be converted they are the mapped file.
/// Throws UserError{NotFound, ShapeMismatch, NotFinite, BadFile}.
[[nodiscard]] NeoxWeights readWeights(const ModelFolder& folder,
                                      const LanguageModel::Options& options);

}  // namespace featurescope
