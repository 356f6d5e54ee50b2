// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/feature_ablation.h"
#include "core/analysis/recovered_interval.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"
#include "core/text/corpus.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// The verb `evaluate` (contract): what an SAE does to a model's loss on texts. Torch-free to call.
struct EvaluateRequest {
  std::filesystem::path model;
  std::filesystem::path sae;
  Site site;
  std::optional<Layer> lastLayer;  ///< also each layer from the site's to this one, both included
  CorpusOptions corpus;
  std::int64_t batch = 8;                           ///< contexts a forward pass
  std::vector<FeatureId> ablations;                 ///< features to ablate one by one
  std::optional<std::filesystem::path> fineTuning;  ///< the SAE with this run's c and d
  ComputeOptions compute;
};

struct EvaluateReport {
  struct AtLayer {
    Layer layer;
    double sae = 0, zero = 0;
  };

  CorpusReport corpus;
  std::string trainedSite;  ///< the module that the SAE says it was trained on; may be empty
  std::int64_t tokens = 0;  ///< counted
  ContextLoss losses;       ///< means over the predicted tokens, nats
  RecoveredLoss recovered;
  double l0 = 0, l1Loss = 0, reconstructionLoss = 0, cosine = 0;
  std::optional<double> explainedVariance;  ///< nothing when the activations do not vary
  std::int64_t features = 0, dead = 0;
  std::vector<AtLayer> layers;  ///< with `lastLayer`, the site's first
  std::vector<FeatureAblation> ablations;
};

/// Runs on the calling thread. Throws UserError and Interrupted.
[[nodiscard]] EvaluateReport evaluate(const EvaluateRequest& request, const JobContext& job);

}  // namespace featurescope
