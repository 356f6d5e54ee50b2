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
      activity_(parameters_.features(), options.deadWindow, parameters_.W_enc.device()),
      learningRate_(options.learningRate),
      l1_(options.l1) {}

TrainMetrics AutoencoderTrainer::step(const at::Tensor& x) {
  TrainMetrics figures;
  figures.step = stepsDone_;
  figures.tokens = (stepsDone_ + 1) * options_.tokensPerStep;
  figures.l1Coefficient = l1_.coefficient();
  figures.learningRate = learningRate_.at(stepsDone_);
  const StepLosses losses = step_.run(parameters_, x, figures.l1Coefficient);
  figures.loss = losses.total(figures.l1Coefficient);
  figures.reconstructionLoss = losses.reconstruction;
  figures.l1Loss = losses.l1;
  checkFinite(figures);
  activity_.add(step_.activeTokens());
  figures.l0 = step_.activeTokens().sum(at::kDouble).item<double>() /
               static_cast<double>(options_.tokensPerStep);
  figures.dead = activity_.deadCount();

  AutoencoderParameters& gradients = step_.gradients();
  if (options_.projectDecoderGradient) {
    removeParallelComponent(gradients.W_dec, parameters_.W_dec);
  }
  adam_.setLearningRate(figures.learningRate);
  adam_.step(inOrder(gradients));
  normaliseRows(parameters_.W_dec);
  l1_.observe(figures.l0, figures.tokens);
  ++stepsDone_;
  return figures;
}

std::vector<TrainEvent> AutoencoderTrainer::takeEvents() { return std::exchange(events_, {}); }

SavedState AutoencoderTrainer::save() const {
  SavedState state;
  state.tensors = {{"W_enc", parameters_.W_enc},
                   {"W_dec", parameters_.W_dec},
                   {"b_enc", parameters_.b_enc},
                   {"b_dec", parameters_.b_dec}};
  state.values["steps_done"] = stepsDone_;
  state.values["l1_control"] = l1_.save();
  state.merge("adam", adam_.save());
  state.merge("activity", activity_.save());
  return state;
}

void AutoencoderTrainer::restore(const SavedState& state) {
  state.copyTo(parameters_.W_enc, "W_enc");
  state.copyTo(parameters_.W_dec, "W_dec");
  state.copyTo(parameters_.b_enc, "b_enc");
  state.copyTo(parameters_.b_dec, "b_dec");
  stepsDone_ = state.value<std::int64_t>("steps_done");
  l1_.restore(state.values.value("l1_control", Json::object()));
  adam_.restore(state.part("adam"));
  activity_.restore(state.part("activity"));
}

}  // namespace featurescope
