// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/lm/language_model_torch.h"
#include "core/text/corpus.h"
#include "core/text/tokenizer.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>

namespace featurescope {

/// A language model's activations at one site over texts, token by token in file order, without
/// end: the texts start over when they are through. Padding is left out. One thread at a time.
class TokenActivations {
 public:
  /// Throws what opening the model, its tokenizer and the texts throws.
  explicit TokenActivations(const TrainSettings& settings);

  [[nodiscard]] std::int64_t width() const;
  /// Those of the next contexts, float32 [tokens, d]; at least one token. Says once when the texts
  /// start over. Throws UserError{NotFinite, BadText}, Interrupted.
  [[nodiscard]] at::Tensor next(const JobContext& job);

  [[nodiscard]] Json provenance() const;
  [[nodiscard]] Json report() const;

 private:
  void startOver(const JobContext& job);

  std::filesystem::path folder_;
  Site site_;
  CorpusOptions options_;
  std::int64_t contexts_;  ///< of one forward pass
  LanguageModel model_;
  Tokenizer tokenizer_;
  Corpus corpus_;
  std::int64_t passes_ = 1;
  TokenBatch batch_;
};

}  // namespace featurescope
