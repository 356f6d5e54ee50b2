// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/index_collectors_torch.h"
#include "core/analysis/logit_attribution_torch.h"
#include "core/base/progress.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/feature_scales.h"
#include "core/text/tokenizer.h"

namespace featurescope {

/// What the figures of the features come from; all of it must outlive the writing.
struct FeatureSources {
  IndexCollectors& collected;  ///< finished
  const Autoencoder& autoencoder;
  const FeatureScales* scales = nullptr;          ///< of a fine-tuning
  const LogitAttribution* attribution = nullptr;  ///< nothing where the site has none
  const Tokenizer& tokenizer;
};

/// Everything an index keeps of each feature, after the whole corpus was written: its row,
/// examples, histogram, tokens, neighbours and logits.
void writeFeatures(IndexWriter& writer, const FeatureSources& sources, const IndexDetail& detail,
                   const JobContext& job);

}  // namespace featurescope
