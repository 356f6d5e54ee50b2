// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/pretrain.h"

#include "core/base/random.h"
#include "core/lm/language_model_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace featurescope::demo {
namespace {

/// Adam with decoupled weight decay (Loshchilov and Hutter) on matrices only, after clipping the
/// gradients' common norm to 1.
class AdamW {
 public:
  explicit AdamW(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const at::Tensor& parameter : parameters_) {
      mean_.push_back(at::zeros_like(parameter));
      square_.push_back(at::zeros_like(parameter));
    }
  }

  void step(double learningRate) {
    constexpr double kBeta1 = 0.9, kBeta2 = 0.98, kEpsilon = 1e-8, kWeightDecay = 0.05;
    const at::NoGradGuard noGrad;
    const double scale = clippingScale();
    ++steps_;
    const double meanCorrection = 1 - std::pow(kBeta1, steps_);
    const double squareCorrection = std::sqrt(1 - std::pow(kBeta2, steps_));
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      at::Tensor& parameter = parameters_[i];
      const at::Tensor gradient = parameter.grad().mul_(scale);
      if (parameter.dim() > 1) parameter.mul_(1 - learningRate * kWeightDecay);
      mean_[i].lerp_(gradient, 1 - kBeta1);
      square_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
      const at::Tensor root = square_[i].sqrt().div_(squareCorrection).add_(kEpsilon);
      parameter.addcdiv_(mean_[i], root, -learningRate / meanCorrection);
      parameter.mutable_grad().reset();
    }
  }

 private:
  [[nodiscard]] double clippingScale() const {
    double sum = 0;
    for (const at::Tensor& parameter : parameters_) {
      sum += std::pow(parameter.grad().norm().item<double>(), 2);
    }
    return std::min(1.0, 1.0 / (std::sqrt(sum) + 1e-6));
  }

  std::vector<at::Tensor> parameters_, mean_, square_;
  int steps_ = 0;
};

/// Linear warm-up over the first twentieth of the steps, then a cosine down to a twentieth.
double learningRateAt(std::int64_t step, std::int64_t steps, double peak) {
  const double done = static_cast<double>(step) / static_cast<double>(steps);
  constexpr double kWarmUp = 0.05, kFloor = 0.05;
  if (done < kWarmUp) return peak * (done + 1.0 / static_cast<double>(steps)) / kWarmUp;
  const double fall = (done - kWarmUp) / (1 - kWarmUp);
  return peak * (kFloor + (1 - kFloor) * 0.5 * (1 + std::cos(std::numbers::pi * fall)));
}

std::vector<std::int64_t> shuffledOrder(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  RandomStream random(seed, "pre-training order");
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

/// The stream's contexts that a step reads, [batch, context].
TokenBatch gather(const std::vector<TokenId>& stream, std::span<const std::int64_t> contexts,
                  std::int64_t length) {
  TokenBatch batch;
  batch.length = length;
  for (const std::int64_t context : contexts) {
    const auto begin = stream.begin() + context * length;
    batch.tokens.insert(batch.tokens.end(), begin, begin + length);
    batch.lengths.push_back(static_cast<std::int32_t>(length));
  }
  return batch;
}

}  // namespace

double pretrain(const std::vector<TokenId>& stream, const PretrainSettings& settings,
                const std::filesystem::path& folder, const JobContext& job) {
  NeoxWeights weights = NeoxWeights::random(settings.model, settings.seed);
  std::vector<at::Tensor> parameters;
  for (const auto& [name, weight] : weights.named()) {
    parameters.push_back(weight->set_requires_grad(true));
  }
  const LanguageModel model(settings.model, weights);
  AdamW optimiser(std::move(parameters));

  const std::int64_t steps = std::ssize(stream) / settings.context / settings.batch;
  const std::vector<std::int64_t> order = shuffledOrder(steps * settings.batch, settings.seed);
  double tail = 0;
  std::int64_t tailSteps = 0;
  for (std::int64_t step = 0; step < steps; ++step) {
    job.throwIfStopped();
    const auto contexts = std::span(order).subspan(static_cast<std::size_t>(step * settings.batch),
                                                   static_cast<std::size_t>(settings.batch));
    const at::Tensor tokens = toTorch(gather(stream, contexts, settings.context), model);
    const at::Tensor hidden = model.forward(tokens, {}, std::nullopt, true).hidden;
    const at::Tensor loss = model.tokenLosses(hidden, tokens).mean();
    loss.backward();
    optimiser.step(learningRateAt(step, steps, settings.learningRate));

    const double value = loss.item<double>();
    if (step >= steps - std::max<std::int64_t>(1, steps / 100)) {
      tail += value;
      ++tailSteps;
    }
    const std::string detail = fmt::format("loss {:.3f}", value);
    job.progress.update({"pre-training", static_cast<std::uint64_t>(step + 1),
                         static_cast<std::uint64_t>(steps), "steps", detail});
  }
  const at::NoGradGuard noGrad;
  saveLanguageModel(folder, model, at::kHalf);
  return tail / static_cast<double>(std::max<std::int64_t>(1, tailSteps));
}

}  // namespace featurescope::demo
