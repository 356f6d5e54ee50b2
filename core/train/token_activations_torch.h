// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/lm/language_model_torch.h"
#include "core/text/corpus.h"
#include "core/text/tokenizer.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace featurescope {

/// Between which two contexts of texts that start over without end a reading stands.
struct StreamPosition {
  std::int64_t passes = 1;                ///< begun
  CorpusCursor corpus;                    ///< in the last of them
  std::optional<CorpusReport> wholePass;  ///< what a pass holds, once one is through

  [[nodiscard]] SavedState save() const;
  /// Throws UserError{BadFile}.
  static StreamPosition restored(const SavedState& state);
};

/// A language model's activations at one site over texts, token by token in file order, without
/// end: the texts start over when they are through. Padding is left out. One thread at a time.
class TokenActivations {
 public:
  /// Runs `contexts` contexts at a time. Throws what opening the model, its tokenizer and the texts
  /// throws.
  TokenActivations(const TrainSettings& settings, std::int64_t contexts);

  [[nodiscard]] std::int64_t width() const;
  [[nodiscard]] at::Device device() const { return model_.device(); }

  struct Chunk {
    at::Tensor rows;       ///< float32 [tokens, d], at least one token, all finite
    StreamPosition after;  ///< where the reading stands behind them
  };
  /// The activations of the next contexts. Throws UserError{NotFinite, BadText}.
  [[nodiscard]] Chunk next();
  /// Throws UserError{BadFile, BadText}, as Corpus::resume.
  void goTo(const StreamPosition& position);

  /// Reads every byte of the model and the texts.
  [[nodiscard]] Json provenance() const;

 private:
  void startOver();

  std::filesystem::path folder_;
  Site site_;
  CorpusOptions options_;
  std::int64_t contexts_;
  LanguageModel model_;
  Tokenizer tokenizer_;
  Corpus corpus_;
  StreamPosition position_;
  TokenBatch batch_;
};

}  // namespace featurescope
