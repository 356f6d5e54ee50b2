// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// The verb `compare`: what a fine-tuning changed, feature by feature, on a text. Torch-free to
/// call.
struct CompareRequest {
  std::filesystem::path run;                 ///< of finetune; one that is not finished is refused
  std::vector<std::filesystem::path> texts;  ///< none: those of the run
  std::int64_t tokens = 65'536;              ///< read at most so many
  std::int64_t features = 10;                ///< most enhanced, and as many most inhibited
  std::int64_t examples = 10;                ///< activations of each of those
  std::int64_t attributed = 5;               ///< targets that each promotes, and suppresses, most
  ComputeOptions compute;
};

/// One feature before and after, over the text's tokens.
struct FeatureChange {
  FeatureId feature;
  float scale = 0, bias = 0;  ///< c and d
  double scaleChange = 0;     ///< c − where c of a feature is that nothing touched
  std::int64_t activeBefore = 0, activeAfter = 0;  ///< tokens
  double meanBefore = 0, meanAfter = 0;            ///< activation, over all tokens
  float maxBefore = 0, maxAfter = 0;
  std::string topToken;  ///< where it is strongest before, else after; empty where it never is
  [[nodiscard]] double meanChange() const { return meanAfter - meanBefore; }
};

/// A token of the text where a feature is strongest before: a row of the paper's table.
struct ComparedActivation {
  std::string strToken, context;  ///< as displayed
  float before = 0, after = 0;    ///< `feature` and `feature (FT)`
};

/// A token and what a feature, where it is 1, adds to its logit (LogitAttribution).
struct ComparedToken {
  std::string strToken;
  double logit = 0;
  std::int64_t targets = 0;  ///< how often the text has it where it is predicted
};

/// One of the most changed features, closer.
struct ChangedFeature {
  FeatureId feature;
  std::vector<ComparedActivation> activations;  ///< strongest before first
  /// Of the tokens that the text's targets are, those it promotes most and suppresses most.
  std::vector<ComparedToken> promoted, suppressed;
  /// Mean over the text's targets of the logit it adds where it is 1, and the same over the targets
  /// right behind a token that activates it (before). Nothing where there is none, or no linear way
  /// leads from the site to the logits.
  std::optional<double> meanTargetLogit, meanTargetLogitWhereActive;
};

struct FeatureComparison {
  std::string saeHash;                                      ///< as indexes have it
  std::int64_t tokens = 0;                                  ///< counted
  float untouchedScale = 1;                                 ///< c where weight decay alone led it
  std::int64_t enhanced = 0, inhibited = 0, untouched = 0;  ///< features, as the run counted them
  std::vector<FeatureChange> features;                      ///< by id
  std::vector<ChangedFeature> mostEnhanced, mostInhibited;  ///< by scaleChange
};

/// Runs on the calling thread. Throws UserError and Interrupted.
[[nodiscard]] FeatureComparison compareFeatures(const CompareRequest& request,
                                                const JobContext& job);

}  // namespace featurescope
