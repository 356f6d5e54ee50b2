// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// What prompts are run through.
struct PromptParts {
  std::filesystem::path model;
  std::filesystem::path sae;
  Site site;
  std::optional<std::filesystem::path> fineTuning;  ///< a finetune run: its c and d
  bool predictions = true;  ///< losses and next tokens; without them only the weights up to the
                            ///< site are read
  std::string modelHash, saeHash;  ///< where not empty: what they must be
  ComputeOptions compute;
};

struct PromptActivation {
  FeatureId feature;
  float value = 0;

  friend bool operator==(const PromptActivation&, const PromptActivation&) = default;
};

struct PromptToken {
  TokenId token;
  std::string strToken;                       ///< as displayed
  std::vector<PromptActivation> activations;  ///< all > 0, the strongest first, ties by feature
  std::vector<PromptActivation> fineTuned;    ///< the same of ReLU(c ⊙ z + d), with a fine-tuning
};

struct PredictedToken {
  TokenId token;
  std::string strToken;
  double probability = 0;
};

/// What the model makes of a prompt with one thing in place of the site's value.
struct PromptPrediction {
  /// Nats of each token after those before it; the first has none (NaN).
  std::vector<double> losses;
  double meanLoss = 0;  ///< over the others; NaN for a prompt of one token
  /// After each token, the most likely next ones, falling.
  std::vector<std::vector<PredictedToken>> next;
};

struct PromptResult {
  std::vector<PromptToken> tokens;
  std::optional<PromptPrediction> base, sae, fineTuned;
};

/// A model, a tokenizer and an SAE kept in memory for one prompt after the other. One thread at a
/// time. Torch-free to use.
class PromptSession {
 public:
  /// Throws what opening the parts throws, UserError{ShapeMismatch} when they do not fit, and
  /// {BadFile} when one has another hash than it must have.
  static std::unique_ptr<PromptSession> open(const PromptParts& parts);
  virtual ~PromptSession() = default;

  /// The prompt as a single sequence from position 0, no token added. Throws UserError{BadText} for
  /// an empty prompt, {ShapeMismatch} for one longer than the model's positions; Interrupted.
  [[nodiscard]] virtual PromptResult run(const std::string& prompt, const JobContext& job) = 0;
};

}  // namespace featurescope
