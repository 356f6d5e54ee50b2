// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/linear_torch.h"
#include "core/lm/target_gradient_torch.h"

#include <algorithm>

namespace featurescope {

namespace {

/// States whose [states, vocabulary] in float32 take 24 MB: enough rows for a fast product, and few
/// enough bytes that the allocator hands out the same ones again, already paged in.
std::int64_t chunkStates(std::int64_t vocabulary) {
  constexpr std::int64_t kBytes = 24 << 20;
  return std::max<std::int64_t>(1,
                                kBytes / (vocabulary * static_cast<std::int64_t>(sizeof(float))));
}

/// log Σ exp of rows, from their softmax, where both are largest: there it is exact.
at::Tensor logSumExp(const at::Tensor& logits, const at::Tensor& softmax) {
  return logits.amax(1) - softmax.amax(1).log_();
}

}  // namespace

TargetGradient targetGradient(const LanguageModel& model, const at::Tensor& hidden,
                              const at::Tensor& places, const at::Tensor& targets) {
  const at::NoGradGuard noGradients;
  const NeoxWeights& weights = model.weights();
  const at::Tensor W = weights.embedOut.to(hidden.options());
  const std::int64_t width = model.config().width, states = hidden.size(0);
  const auto [normed, mean, deviation] =
      at::native_layer_norm(hidden, {width}, weights.finalNormWeight, weights.finalNormBias,
                            model.config().layerNormEpsilon);
  at::Tensor meanRow = at::empty_like(normed);  // softmax · W of each state
  at::Tensor losses = at::empty(targets.sizes(), hidden.options().dtype(at::kFloat));
  const std::int64_t chunk = chunkStates(W.size(0));
  for (std::int64_t start = 0; start < states; start += chunk) {
    const std::int64_t count = std::min(chunk, states - start);
    const at::Tensor logits = linearLayer(normed.narrow(0, start, count), W, {}).to(at::kFloat);
    const at::Tensor softmax = at::softmax(logits, 1);
    const at::Tensor members =
        places.ge(start).logical_and_(places.lt(start + count)).nonzero().squeeze(1);
    const at::Tensor rows = places.index_select(0, members) - start;
    const at::Tensor ofTargets = logits.index({rows, targets.index_select(0, members)});
    losses.index_copy_(0, members, logSumExp(logits, softmax).index_select(0, rows) - ofTargets);
    at::Tensor rowsOfW = meanRow.narrow(0, start, count);
    multiplyInto(rowsOfW, softmax.to(W.scalar_type()), W);
  }
  const auto ofTarget = [&](const at::Tensor& byState) { return byState.index_select(0, places); };
  const at::Tensor slope = ofTarget(meanRow) - W.index_select(0, targets);
  const at::Tensor gradient = std::get<0>(at::native_layer_norm_backward(
      slope, ofTarget(hidden), {width}, ofTarget(mean), ofTarget(deviation),
      weights.finalNormWeight, weights.finalNormBias, {true, false, false}));
  return {.losses = losses, .hidden = gradient};
}

}  // namespace featurescope
