// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/prompt_session.h"

#include "core/analysis/fine_tuning_run.h"
#include "core/analysis/sae_edit_torch.h"
#include "core/base/error.h"
#include "core/lm/block_reuse.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"
#include "core/lm/model_folder.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/text/display.h"
#include "core/train/sae_fit.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot inspect the prompt";
constexpr std::int64_t kNextTokens = 10;
/// Positions whose logits exist at once.
constexpr std::int64_t kChunk = 64;

TokenBatch oneSequence(const std::vector<TokenId>& tokens) {
  return {.tokens = tokens,
          .lengths = {static_cast<std::int32_t>(tokens.size())},
          .length = std::ssize(tokens)};
}

std::vector<PromptActivation> strongestFirst(const SparseCode& code, std::size_t row) {
  std::vector<PromptActivation> activations;
  const auto begin = static_cast<std::size_t>(code.indptr[row]);
  const auto end = static_cast<std::size_t>(code.indptr[row + 1]);
  activations.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    activations.push_back({FeatureId{code.indices[i]}, code.values[i]});
  }
  std::ranges::stable_sort(activations, std::ranges::greater{}, &PromptActivation::value);
  return activations;
}

/// A feature of another SAE under the same number would be a wrong answer that looks right.
void checkHash(const std::filesystem::path& path, const std::string& hash,
               const std::string& needed) {
  if (needed.empty() || hash == needed) return;
  throw UserError(ErrorCode::BadFile, kWhat,
                  path.string() + " is not what the index was made with: it has another hash",
                  "put the file back as it was, or build the index anew");
}

void checkParts(const PromptParts& parts) {
  const CheckpointInfo sae = inspectCheckpoint(parts.sae);
  checkFits(sae, NeoxConfig::load(parts.model), parts.site);
  if (!parts.saeHash.empty()) checkHash(parts.sae, hashCheckpoint(sae), parts.saeHash);
  if (!parts.modelHash.empty()) {
    checkHash(parts.model, ModelFolder::open(parts.model).hash(), parts.modelHash);
  }
}

class LoadedSession final : public PromptSession {
 public:
  explicit LoadedSession(const PromptParts& parts)
      : parts_(parts),
        tokenizer_(Tokenizer::load(parts.model)),
        model_(openModel(parts)),
        autoencoder_(Autoencoder::load(parts.sae, model_.device())) {
    std::optional<SparseEncoder::Scaling> scaling;
    if (parts.fineTuning) {
      checkFineTunable(autoencoder_.info());
      scales_ = FeatureScales::load(*parts.fineTuning, autoencoder_.features());
      keepsError_ = FineTuningRun::load(*parts.fineTuning).keepsError;
      scaling = SparseEncoder::Scaling{.scale = scales_->scale, .bias = scales_->bias};
    }
    encoder_.emplace(autoencoder_, std::move(scaling));
  }

  [[nodiscard]] PromptResult run(const std::string& prompt, const JobContext& job) override {
    return guarded(kWhat, [&] { return runIt(prompt, job); });
  }

 private:
  static LanguageModel openModel(const PromptParts& parts) {
    const at::Device device = resolveDevice(parts.compute);
    return LanguageModel::open(
        parts.model, {.device = device,
                      .dtype = resolveDtype(parts.compute, device),
                      .upTo = parts.predictions ? std::nullopt : std::optional(parts.site)});
  }

  [[nodiscard]] PromptResult runIt(const std::string& prompt, const JobContext& job) {
    const at::NoGradGuard noGradients;
    const BlockReuse reuse;
    const std::vector<TokenId> tokens = tokenizer_.encode(prompt);
    if (tokens.empty()) {
      throw UserError(ErrorCode::BadText, kWhat, "it is empty", "give a prompt with text in it");
    }
    const at::Tensor ids = toTorch(oneSequence(tokens), model_);
    PromptResult result;
    if (!parts_.predictions) {
      result.tokens = encoded(tokens, model_.activations(ids, parts_.site)[0]);
      return result;
    }
    const LanguageModel::Prefix prefix = model_.forwardTo(ids, parts_.site);
    result.tokens = encoded(tokens, prefix.value[0]);
    const auto predictWith = [&](const at::Tensor& value) {
      job.throwIfStopped();
      return predict(ids, model_.forwardFrom(prefix, value), job);
    };
    result.base = predictWith(prefix.value);
    result.sae = predictWith(replaced(prefix.value, std::nullopt, false));
    if (scales_) result.fineTuned = predictWith(replaced(prefix.value, scales_, keepsError_));
    return result;
  }

  [[nodiscard]] at::Tensor replaced(const at::Tensor& value,
                                    const std::optional<FeatureScales>& scales,
                                    bool keepError) const {
    return saeEdit(parts_.site, autoencoder_, scales, keepError).replace(value);
  }

  /// `x` [tokens, width]
  [[nodiscard]] std::vector<PromptToken> encoded(const std::vector<TokenId>& tokens,
                                                 const at::Tensor& x) {
    const at::Tensor values = x.to(at::kFloat);
    SparseCode code, fineTuned;
    encoder_->encode(values, code, scales_ ? &fineTuned : nullptr);
    const std::vector<std::string> shown = displayTokens(tokenizer_, tokens);
    std::vector<PromptToken> result;
    result.reserve(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      result.push_back({.token = tokens[i],
                        .strToken = shown[i],
                        .activations = strongestFirst(code, i),
                        .fineTuned = {}});
      if (scales_) result.back().fineTuned = strongestFirst(fineTuned, i);
    }
    return result;
  }

  /// `ids` and `hidden` are of one row.
  [[nodiscard]] PromptPrediction predict(const at::Tensor& ids, const at::Tensor& hidden,
                                         const JobContext& job) const {
    PromptPrediction prediction;
    const std::int64_t length = ids.size(1);
    prediction.losses.assign(static_cast<std::size_t>(length),
                             std::numeric_limits<double>::quiet_NaN());
    prediction.meanLoss = std::numeric_limits<double>::quiet_NaN();
    if (length > 1) {
      const at::Tensor losses = model_.tokenLosses(hidden, ids)[0].to(at::kCPU).to(at::kDouble);
      std::copy_n(losses.contiguous().const_data_ptr<double>(), length - 1,
                  prediction.losses.begin() + 1);
      prediction.meanLoss = losses.mean().item<double>();
    }
    for (std::int64_t first = 0; first < length; first += kChunk) {
      job.throwIfStopped();
      appendNext(hidden.narrow(1, first, std::min(kChunk, length - first)), prediction);
    }
    return prediction;
  }

  void appendNext(const at::Tensor& hidden, PromptPrediction& prediction) const {
    const at::Tensor probabilities = model_.logits(hidden)[0].to(at::kFloat).softmax(-1);
    const auto count = std::min(kNextTokens, probabilities.size(-1));
    auto [values, ids] = probabilities.topk(count, -1);
    values = values.to(at::kCPU).contiguous();
    ids = ids.to(at::kCPU).contiguous();
    const auto* value = values.const_data_ptr<float>();
    const auto* id = ids.const_data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < probabilities.size(0); ++row) {
      std::vector<PredictedToken>& next = prediction.next.emplace_back();
      for (std::int64_t i = row * count; i < (row + 1) * count; ++i) {
        const TokenId token{static_cast<std::int32_t>(id[i])};
        next.push_back({token, displayToken(tokenizer_.bytes(token)), value[i]});
      }
    }
  }

  PromptParts parts_;
  Tokenizer tokenizer_;
  LanguageModel model_;
  Autoencoder autoencoder_;
  std::optional<FeatureScales> scales_;
  std::optional<SparseEncoder> encoder_;
  bool keepsError_ = false;
};

}  // namespace

std::unique_ptr<PromptSession> PromptSession::open(const PromptParts& parts) {
  return guarded(kWhat, [&]() -> std::unique_ptr<PromptSession> {
    const at::NoGradGuard noGradients;
    checkParts(parts);
    applyThreads(parts.compute);
    return std::make_unique<LoadedSession>(parts);
  });
}

}  // namespace featurescope
