// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/logit_attribution_convention.h"
#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/compute.h"
#include "core/lm/site.h"
#include "core/text/tokenizer.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace featurescope {

struct TokenLogit {
  TokenId token;
  float value = 0;
};

/// The tokens at both ends of a feature's logits; equal values go by id.
struct ExtremeLogits {
  std::vector<TokenLogit> promoted;    ///< largest first
  std::vector<TokenLogit> suppressed;  ///< smallest first
};

/// Direct logit attribution: what a feature, where it is 1, adds to the logits by the residual
/// stream alone, (W_dec[f] ⊙ γ)(U − Ū)ᵀ with γ the final layer norm's weight, U embed_out and Ū the
/// mean of its rows (transformer-circuits.pub/2023/monosemantic-features, "Logit weights").
/// Immutable; many threads may use it.
class LogitAttribution {
 public:
  /// Of a model folder; reads two of its weights, float32. Throws UserError as LanguageModel::open,
  /// and {Unsupported} for a site before the MLP's nonlinearity, from which no linear way leads on.
  static LogitAttribution open(const std::filesystem::path& model, const Site& site,
                               const ComputeOptions& compute);
  /// finalNormWeight [d_model], embedOut [vocabulary, d_model].
  LogitAttribution(at::Tensor finalNormWeight, at::Tensor embedOut);

  [[nodiscard]] std::int64_t vocabulary() const { return embedOut_.size(0); }
  /// rows of W_dec [features, d_model] → [features, vocabulary].
  /// Throws UserError{ShapeMismatch} for rows of another width.
  [[nodiscard]] at::Tensor logits(const at::Tensor& decoderRows) const;

  /// The `count` most promoted and most suppressed of the tokens that `tokenizer` knows (embed_out
  /// may have more rows, for padding), of each row of W_dec [M, d_model]: `take` is called once for
  /// each feature, ascending. Never holds [M, vocabulary] whole.
  void forEachFeature(
      const at::Tensor& decoder, const Tokenizer& tokenizer, std::int64_t count,
      const JobContext& job,
      const std::function<void(FeatureId feature, ExtremeLogits extremes)>& take) const;

 private:
  at::Tensor finalNormWeight_, embedOut_;
  at::Tensor meanRow_;  ///< Ū [d_model]
};

}  // namespace featurescope
