// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/neox_config.h"
#include "core/lm/site.h"
#include "core/tensorfile/tensor_file.h"
#include "core/text/corpus.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace featurescope {

/// One block's weights; Linear weights are [out, in]. An undefined tensor was not read (the run
/// does not need it) or does not exist (attention_bias: false).
struct NeoxLayerWeights {
  at::Tensor inputNormWeight, inputNormBias;  ///< [d_model]
  at::Tensor postAttentionNormWeight, postAttentionNormBias;
  at::Tensor qkvWeight, qkvBias;  ///< [3·d_model, d_model], rows head·3hd + {q,k,v}·hd
  at::Tensor attentionOutWeight, attentionOutBias;  ///< [d_model, d_model]
  at::Tensor mlpInWeight, mlpInBias;                ///< [d_ff, d_model]
  at::Tensor mlpOutWeight, mlpOutBias;              ///< [d_model, d_ff]
};

struct NeoxWeights {
  at::Tensor embedIn;  ///< [vocabulary, d_model]
  std::vector<NeoxLayerWeights> layers;
  at::Tensor finalNormWeight, finalNormBias;  ///< [d_model]
  at::Tensor embedOut;                        ///< [vocabulary, d_model]

  /// GPT-NeoX's initialisation: normal(0, 0.02), norms 1 and 0, biases 0.
  static NeoxWeights random(const NeoxConfig& config, std::uint64_t seed);
  /// Every defined tensor under its Hugging Face name. `self.named()` of a trainable model gives
  /// the parameters an optimiser needs.
  [[nodiscard]] std::map<std::string, at::Tensor*> named();
};

/// How matrices of weights wait to be multiplied; results are the same bits.
enum class WeightStorage {
  Converted,  ///< in the arithmetic's type, on its device; mapped where the file has it so
  Stored,     ///< as the mapped file has them, converted one at a time and each time anew
};

/// How well targets were predicted.
struct TargetFigures {
  at::Tensor losses;     ///< float32 [targets], nats
  at::Tensor likeliest;  ///< bool [targets]: no token's logit is above the target's
};

/// A GPT-NeoX language model (reference/pythia.md, "Forward pass"; numerics of transformers).
/// Immutable after construction: many threads may run it. Functions follow the calling thread's
/// grad mode and are differentiable in weights and edits; a job that only reads holds an
/// at::NoGradGuard.
class LanguageModel {
 public:
  struct Options {
    at::Device device = at::kCPU;
    at::ScalarType dtype = at::kFloat;
    /// Read no weight that the value at this site does not need; nothing: the whole model.
    std::optional<Site> upTo = std::nullopt;
    WeightStorage storage = WeightStorage::Converted;
  };

  /// A Hugging Face folder. Throws UserError{NotFound, BadFile, ShapeMismatch, Unsupported,
  /// NotFinite}; only weights that are read are checked.
  static LanguageModel open(const std::filesystem::path& folder, const Options& options);
  /// Computes in the weights' own type, where they are.
  LanguageModel(NeoxConfig config, NeoxWeights weights);

  [[nodiscard]] const NeoxConfig& config() const { return config_; }
  /// Matrices are as Options::storage has them.
  [[nodiscard]] const NeoxWeights& weights() const { return weights_; }
  [[nodiscard]] at::Device device() const { return device_; }
  [[nodiscard]] at::ScalarType dtype() const { return dtype_; }
  /// Rows of embed_in, of tokens [...]: [..., d_model].
  [[nodiscard]] at::Tensor embed(const at::Tensor& tokens) const;

  /// Changes the value at a site on its way; what later sites and the logits see.
  struct Edit {
    Site site;
    std::function<at::Tensor(const at::Tensor& value)> replace;  ///< [rows, length, width] → same
  };

  /// A forward pass stopped at a site, able to go on from it.
  struct Prefix {
    Site site;
    at::Tensor value;    ///< [rows, length, width] at the site
    at::Tensor hidden;   ///< [rows, length, d_model] residual stream entering the site's block
    at::Tensor partial;  ///< what the block's MLP is added to where it is known, else undefined
  };

  /// tokens [rows, length] int64 on the model's device. Rows are independent sequences from
  /// position 0; causal, so right padding never reaches real tokens.
  [[nodiscard]] at::Tensor activations(const at::Tensor& tokens, const Site& site) const;
  [[nodiscard]] Prefix forwardTo(const at::Tensor& tokens, const Site& site) const;
  /// Computes `partial` where it is not known yet: forwardFrom then needs no `hidden`, which is let
  /// go. For prefixes that are gone on from more than once.
  void finishBlock(Prefix& prefix) const;
  /// The last hidden state (before the final layer norm), with `value` in place of prefix.value.
  [[nodiscard]] at::Tensor forwardFrom(const Prefix& prefix, const at::Tensor& value) const;
  /// forwardFrom in its steps: the residual stream after the site's block, and after each block
  /// that follows.
  [[nodiscard]] at::Tensor endOfSitesBlock(const Prefix& prefix, const at::Tensor& value) const;
  [[nodiscard]] at::Tensor endOfBlock(Layer layer, const at::Tensor& hidden) const;

  struct Captured {
    std::map<Site, at::Tensor>
        sites;          ///< [rows, length, width]; the replaced site after replacement
    at::Tensor hidden;  ///< undefined when the pass stopped before the end
  };
  /// One pass that keeps the asked sites. `wholePass` false: stops after the last of them.
  [[nodiscard]] Captured forward(const at::Tensor& tokens, const std::vector<Site>& captures,
                                 const std::optional<Edit>& edit, bool wholePass) const;

  /// logits [rows, length, vocabulary] of a last hidden state.
  [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const;
  /// Negative log-likelihood in nats of tokens[:, 1:] → [rows, length−1] float32, computed in
  /// chunks: [tokens, vocabulary] in float32 never exists for more than one chunk. Differentiable.
  [[nodiscard]] at::Tensor tokenLosses(const at::Tensor& hidden, const at::Tensor& tokens) const;
  /// The same of any tokens: hidden [tokens, d_model] before the targets, int64 [tokens] →
  /// [tokens].
  [[nodiscard]] at::Tensor targetLosses(const at::Tensor& hidden, const at::Tensor& targets) const;
  /// And whether each target is the likeliest token; without gradients.
  [[nodiscard]] TargetFigures targetFigures(const at::Tensor& hidden,
                                            const at::Tensor& targets) const;

 private:
  LanguageModel(NeoxConfig config, NeoxWeights weights, const Options& options);

  NeoxConfig config_;
  NeoxWeights weights_;
  at::Device device_;
  at::ScalarType dtype_;
};

/// The batch as int64 [rows, length] on `device`; throws UserError{OutOfRange} for an id beyond the
/// model's vocabulary and {ShapeMismatch} for more positions than it has.
[[nodiscard]] at::Tensor toTorch(const TokenBatch& batch, const LanguageModel& model);
/// bool [rows, length], true where a real token is.
[[nodiscard]] at::Tensor realTokens(const TokenBatch& batch, at::Device device);

/// Writes config.json and model.safetensors (`dtype`), as transformers reads them.
void saveLanguageModel(const std::filesystem::path& folder, const LanguageModel& model,
                       at::ScalarType dtype);

}  // namespace featurescope
