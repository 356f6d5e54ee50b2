// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/inspect_prompt.h"

#include "core/base/error.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/text/display.h"
#include "core/train/sae_fit.h"

#include <algorithm>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot inspect the prompt";

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

}  // namespace

std::vector<PromptToken> inspectPrompt(const InspectRequest& request, const JobContext& job) {
  return guarded(kWhat, [&] {
    const at::NoGradGuard noGradients;
    checkFits(inspectCheckpoint(request.sae), NeoxConfig::load(request.model), request.site);
    const Tokenizer tokenizer = Tokenizer::load(request.model);
    const std::vector<TokenId> tokens = tokenizer.encode(request.prompt);
    if (tokens.empty()) {
      throw UserError(ErrorCode::BadText, kWhat, "it is empty", "give a prompt with text in it");
    }
    applyThreads(request.compute);
    const at::Device device = resolveDevice(request.compute);
    const LanguageModel model = LanguageModel::open(
        request.model,
        {.device = device, .dtype = resolveDtype(request.compute, device), .upTo = request.site});
    job.throwIfStopped();
    const Autoencoder autoencoder = Autoencoder::load(request.sae, device);
    const at::Tensor ids = toTorch(oneSequence(tokens), model);
    SparseCode code;
    SparseEncoder(autoencoder).encode(model.activations(ids, request.site)[0].to(at::kFloat), code);

    const std::vector<std::string> shown = displayTokens(tokenizer, tokens);
    std::vector<PromptToken> result;
    result.reserve(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      result.push_back({tokens[i], shown[i], strongestFirst(code, i)});
    }
    return result;
  });
}

}  // namespace featurescope
