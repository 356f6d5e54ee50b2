// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/index_detail.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"
#include "core/text/corpus.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace featurescope {

struct IndexRequest {
  std::filesystem::path model;
  std::filesystem::path sae;
  Site site;
  CorpusOptions corpus;  ///< maxTokens is --tokens
  std::filesystem::path out;
  std::optional<std::filesystem::path> fineTuning;  ///< a finetune run: its c and d
  IndexDetail detail;
  std::int64_t batch = 16;  ///< contexts a forward pass
  bool force = false;
  ComputeOptions compute;
};

struct IndexReport {
  std::int64_t tokens = 0, contexts = 0, features = 0, dead = 0, droppedTokens = 0;
  double l0 = 0, seconds = 0, modelSeconds = 0;
  bool countedCoActivations = false;  ///< exactly, not estimated
};

/// The verb `index`: runs the text through the model's prefix and the SAE and stores what every
/// feature fires on: statistics, examples, tokens, neighbours, logits, and where in the corpus.
/// Torch-free to call; runs on the calling thread.
IndexReport buildIndex(const IndexRequest& request, const JobContext& job);

}  // namespace featurescope
