// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/feature_ablation.h"
#include "core/base/progress.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/text/corpus.h"

#include <vector>

namespace featurescope {

/// Ablates features one by one over a corpus, read `contextsPerPass` at a time; a context in which
/// a feature is silent is not run for it. `model` must be whole. In the order of `features`. Throws
/// UserError{NotFinite}, Interrupted.
[[nodiscard]] std::vector<FeatureAblation> ablateFeatures(
    const LanguageModel& model, const Autoencoder& autoencoder, const Site& site, Corpus corpus,
    std::int64_t contextsPerPass, const std::vector<FeatureId>& features, const JobContext& job);

}  // namespace featurescope
