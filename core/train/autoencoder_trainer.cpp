// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/autoencoder_trainer_torch.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

std::vector<at::Tensor> inOrder(const AutoencoderParameters& parameters) {
  return {parameters.W_enc, parameters.W_dec, parameters.b_enc, parameters.b_dec};
}

void checkFinite(const TrainMetrics& figures) {
  if (std::isfinite(figures.loss)) return;
  throw UserError(ErrorCode::NotFinite, fmt::format("cannot train beyond step {}", figures.step),
                  fmt::format("its loss is {} (reconstruction {}, L1 {})", figures.loss,
                              figures.reconstructionLoss, figures.l1Loss),
                  "lower --lr or --l1-coeff, and look whether the activations are of a sane size");
}

}  // namespace

AutoencoderTrainer::AutoencoderTrainer(AutoencoderParameters parameters, const Options& options)
    : options_(options),
      parameters_(std::move(parameters)),
      step_(options.tokensPerStep, parameters_),
      adam_(options.adam, inOrder(parameters_)),
      activity_(parameters_.features(), options.deadWindow, parameters_.W_enc.device()) {}

TrainMetrics AutoencoderTrainer::step(const at::Tensor& x) {
  const StepLosses losses = step_.run(parameters_, x, options_.l1Coefficient);
  const auto tokens = static_cast<double>(options_.tokensPerStep);
  activity_.add(step_.activeTokens());

  TrainMetrics figures;
  figures.step = stepsDone_;
  figures.tokens = (stepsDone_ + 1) * options_.tokensPerStep;
  figures.loss = losses.total(options_.l1Coefficient);
  figures.reconstructionLoss = losses.reconstruction;
  figures.l1Loss = losses.l1;
  figures.l1Coefficient = options_.l1Coefficient;
  figures.l0 = step_.activeTokens().sum(at::kDouble).item<double>() / tokens;
  figures.dead = activity_.deadCount();
  figures.learningRate = options_.adam.learningRate;
  checkFinite(figures);

  AutoencoderParameters& gradients = step_.gradients();
  if (options_.projectDecoderGradient) {
    removeParallelComponent(gradients.W_dec, parameters_.W_dec);
  }
  adam_.step(inOrder(gradients));
  normaliseRows(parameters_.W_dec);
  ++stepsDone_;
  return figures;
}

}  // namespace featurescope
