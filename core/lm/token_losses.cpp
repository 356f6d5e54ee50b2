// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/language_model_torch.h"
#include "core/lm/linear_torch.h"

#include <algorithm>

namespace featurescope {

namespace {

/// Tokens whose [tokens, vocabulary] in float32 take 64 MB: enough rows for a fast product.
std::int64_t chunkTokens(std::int64_t vocabulary) {
  constexpr std::int64_t kBytes = 64 << 20;
  return std::max<std::int64_t>(1,
                                kBytes / (vocabulary * static_cast<std::int64_t>(sizeof(float))));
}

/// log softmax(x Wᵀ) in float32.
at::Tensor logProbabilities(const at::Tensor& x, const at::Tensor& embedOut) {
  return at::log_softmax(linearLayer(x, embedOut, {}), -1, at::kFloat);
}

at::Tensor lossesOf(const at::Tensor& logProbability, const at::Tensor& target) {
  return logProbability.gather(1, target.unsqueeze(1)).squeeze(1).neg();
}

/// The losses of rows x [tokens, d_model], chunk by chunk; where `gradient` is given it receives
/// each row's own ∂loss/∂x = (softmax − one-hot) W.
at::Tensor chunkedLosses(const at::Tensor& x, const at::Tensor& embedOut, const at::Tensor& targets,
                         at::Tensor* gradient) {
  const at::NoGradGuard noGrad;
  const std::int64_t tokens = x.size(0), chunk = chunkTokens(embedOut.size(0));
  at::Tensor losses = at::empty({tokens}, x.options().dtype(at::kFloat));
  if (gradient != nullptr) *gradient = at::empty_like(x);
  for (std::int64_t start = 0; start < tokens; start += chunk) {
    const std::int64_t count = std::min(chunk, tokens - start);
    const at::Tensor target = targets.narrow(0, start, count);
    at::Tensor logProbability = logProbabilities(x.narrow(0, start, count), embedOut);
    losses.narrow(0, start, count).copy_(lossesOf(logProbability, target));
    if (gradient == nullptr) continue;
    at::Tensor slope = logProbability.exp_();
    slope.scatter_add_(1, target.unsqueeze(1), at::full({count, 1}, -1.0, slope.options()));
    gradient->narrow(0, start, count).copy_(at::mm(slope.to(embedOut.scalar_type()), embedOut));
  }
  return losses;
}

/// The losses with autograd's own bookkeeping, which keeps every chunk: needed where W learns.
at::Tensor recordedLosses(const at::Tensor& x, const at::Tensor& embedOut,
                          const at::Tensor& targets) {
  const std::int64_t tokens = x.size(0), chunk = chunkTokens(embedOut.size(0));
  std::vector<at::Tensor> losses;
  for (std::int64_t start = 0; start < tokens; start += chunk) {
    const std::int64_t count = std::min(chunk, tokens - start);
    losses.push_back(lossesOf(logProbabilities(x.narrow(0, start, count), embedOut),
                              targets.narrow(0, start, count)));
  }
  return losses.empty() ? at::empty({0}, x.options().dtype(at::kFloat)) : at::cat(losses);
}

}  // namespace

at::Tensor LanguageModel::tokenLosses(const at::Tensor& hidden, const at::Tensor& tokens) const {
  const std::int64_t rows = hidden.size(0),
                     predicted = std::max<std::int64_t>(hidden.size(1) - 1, 0);
  const at::Tensor targets = tokens.narrow(1, tokens.size(1) - predicted, predicted).reshape({-1});
  return targetLosses(hidden.narrow(1, 0, predicted).reshape({rows * predicted, config_.width}),
                      targets)
      .view({rows, predicted});
}

TargetFigures LanguageModel::targetFigures(const at::Tensor& hidden,
                                           const at::Tensor& targets) const {
  const at::NoGradGuard noGrad;
  const std::int64_t tokens = hidden.size(0), chunk = chunkTokens(config_.vocabulary);
  TargetFigures figures{.losses = at::empty({tokens}, hidden.options().dtype(at::kFloat)),
                        .likeliest = at::empty({tokens}, hidden.options().dtype(at::kBool))};
  for (std::int64_t start = 0; start < tokens; start += chunk) {
    const std::int64_t count = std::min(chunk, tokens - start);
    const at::Tensor logProbability =
        at::log_softmax(logits(hidden.narrow(0, start, count)), -1, at::kFloat);
    const at::Tensor losses = lossesOf(logProbability, targets.narrow(0, start, count));
    figures.losses.narrow(0, start, count).copy_(losses);
    figures.likeliest.narrow(0, start, count).copy_(logProbability.amax(1).le(losses.neg()));
  }
  return figures;
}

at::Tensor LanguageModel::targetLosses(const at::Tensor& hidden, const at::Tensor& targets) const {
  const at::Tensor x = at::layer_norm(hidden, {config_.width}, weights_.finalNormWeight,
                                      weights_.finalNormBias, config_.layerNormEpsilon);
  const bool records = at::GradMode::is_enabled();
  const at::Tensor embedOut = weights_.embedOut.to(x.options());
  if (records && embedOut.requires_grad()) return recordedLosses(x, embedOut, targets);
  if (!records || !x.requires_grad()) return chunkedLosses(x, embedOut, targets, nullptr);
  // A token's loss depends on its own row of x alone, so its gradient is known now; a term that is
  // zero in value carries it, and no chunk has to live until the backward pass.
  at::Tensor gradient;
  const at::Tensor losses = chunkedLosses(x, embedOut, targets, &gradient);
  const at::Tensor carrier = ((x - x.detach()) * gradient).to(at::kFloat).sum(-1);
  return losses + carrier;
}

}  // namespace featurescope
