// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/text/corpus.h"
#include "core/train/context_loss.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace featurescope {

/// What stands in for a site's values x [tokens, width], float32.
struct SiteReplacement {
  at::Tensor output;        ///< x̂ [tokens, width], what the model goes on with
  at::Tensor activeTokens;  ///< int64 [M]: those that activate each feature
  double l1 = 0;            ///< Σ f over tokens and features
};
/// Of a dense f [tokens, M].
[[nodiscard]] SiteReplacement replacementOf(const at::Tensor& features, at::Tensor output);

using ReplaceSite = std::function<SiteReplacement(const at::Tensor& x)>;

/// x̂ = decode(encode(x)), by way of the sparse code on the CPU. Keeps a reference to `autoencoder`
/// and working memory; one thread at a time.
[[nodiscard]] ReplaceSite replaceBy(const Autoencoder& autoencoder);

/// The replacement in numbers, over all counted tokens (definitions: contract's; means over tokens,
/// sums over dimensions).
struct ReplacementFigures {
  double l0 = 0;
  double l1Loss = 0;
  double reconstructionLoss = 0;
  std::optional<double> explainedVariance;  ///< nothing when the activations do not vary
  double cosine = 0;  ///< mean of cos(x, x̂); a token where either is the zero vector counts as 0
  std::vector<std::int64_t> activeTokens;  ///< of each feature

  [[nodiscard]] std::int64_t dead() const;
};

/// What a replacement does to the language model's loss.
struct InsertedLoss {
  /// The same replacement at another site: means over the predicted tokens.
  struct AtSite {
    Site site;
    double sae = 0, zero = 0;
  };

  CorpusReport corpus;
  std::int64_t tokens = 0;            ///< counted
  std::vector<ContextLoss> contexts;  ///< those with a predicted token, in the corpus' order
  ReplacementFigures figures;
  std::vector<AtSite> furtherSites;

  [[nodiscard]] ContextLoss total() const { return sumOf(contexts); }
};

/// Measures what replacing a site's values does to a model's loss on texts, in constant memory but
/// for 40 bytes a context. A batch runs through the model once up to the site, and from there once
/// for each thing put there. What no replacement changes (base, zero, mean) is measured the first
/// time and remembered. One thread at a time.
class InsertedLossMeter {
 public:
  struct Options {
    Site site;
    std::vector<Site> furtherSites;  ///< replaced and zeroed one by one, each alone
    CorpusOptions corpus;
    std::int64_t contextsPerPass = 8;
  };

  /// `model` must be whole (opened without upTo) and outlive this.
  InsertedLossMeter(const LanguageModel& model, Tokenizer tokenizer, Options options);

  /// Needs no gradients and records none. Throws UserError{BadText} when the texts predict no token
  /// or have changed since the first time, {NotFinite}, {ShapeMismatch}; Interrupted.
  [[nodiscard]] InsertedLoss measure(const ReplaceSite& replace, const JobContext& job);

 private:
  class Pass;

  void measureMean(const JobContext& job);

  const LanguageModel& model_;
  Tokenizer tokenizer_;
  Options options_;
  at::Tensor mean_;                      ///< float64 [width] on the model's device
  std::vector<ContextLoss> references_;  ///< base, zero and mean of every context
  std::vector<double> furtherZeros_;     ///< of each further site, summed
  bool measured_ = false;
};

}  // namespace featurescope
