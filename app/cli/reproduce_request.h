// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "core/base/ids.h"
#include "core/lm/site.h"
#include "core/text/corpus.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace featurescope::cli {

/// What `featurescope reproduce` was asked for. What is nothing gets its default from
/// app/reproduce/settings.h.
struct ReproduceRequest {
  std::filesystem::path out;
  std::optional<std::filesystem::path> model, sae;  ///< no model: the bundled demo
  std::optional<Site> site;
  CorpusOptions corpus;  ///< what to index and to evaluate on; maxTokens is --tokens
  std::vector<FeatureId> features;
  std::optional<Layer> firstLayer, lastLayer, wrongLayer;

  std::optional<std::filesystem::path> training;  ///< a finished training run
  std::vector<std::filesystem::path> trainTexts;
  std::optional<std::int64_t> trainSteps;

  std::optional<std::filesystem::path> fineTuning;  ///< a finished fine-tuning run
  std::optional<std::filesystem::path> tuneModel, tuneSae;
  std::optional<Site> tuneSite;
  std::vector<std::filesystem::path> tuneTexts;
  std::optional<std::int64_t> epochs, stepsPerEpoch;

  bool quick = false;
};

/// Makes the folder of figures, tables and the report, or goes on with one. Linked from
/// app/reproduce where Qt is at hand; `featurescope` itself hands the whole command line to that
/// program.
void reproduce(const ReproduceRequest& request, const Session& session);

}  // namespace featurescope::cli
