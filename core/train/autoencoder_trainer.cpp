// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/sae_step_torch.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

std::vector<at::Tensor> inOrder(const AutoencoderParameters& parameters) {
  const auto named = parameters.named();
  std::vector<at::Tensor> tensors;
  tensors.reserve(named.size());
  for (const auto& [name, tensor] : named) tensors.push_back(*tensor);
  return tensors;
}

void checkFinite(const TrainMetrics& figures) {
  if (std::isfinite(figures.loss)) return;
  throw UserError(ErrorCode::NotFinite, fmt::format("cannot train beyond step {}", figures.step),
                  fmt::format("its loss is {} (reconstruction {}, L1 {})", figures.loss,
                              figures.reconstructionLoss, figures.l1Loss),
                  "lower --lr or --l1-coeff, and look whether the activations are of a sane size");
}

}  // namespace

AutoencoderTrainer::AutoencoderTrainer(AutoencoderParameters parameters,
                                       std::unique_ptr<Objective> objective, const Options& options)
    : options_(options),
      parameters_(std::move(parameters)),
      objective_(std::move(objective)),
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
  const StepLosses losses =
      objective_->run(parameters_, x, figures.l1Coefficient, activity_.dead());
  figures.loss = losses.total(figures.l1Coefficient);
  figures.reconstructionLoss = losses.reconstruction;
  figures.l1Loss = losses.l1;
  checkFinite(figures);
  activity_.add(objective_->activeTokens());
  figures.l0 = objective_->activeTokens().sum(at::kDouble).item<double>() /
               static_cast<double>(options_.tokensPerStep);
  figures.dead = activity_.deadCount();

  AutoencoderParameters& gradients = objective_->gradients();
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
  for (const auto& [name, tensor] : parameters_.named()) state.tensors[std::string(name)] = *tensor;
  state.values["steps_done"] = stepsDone_;
  state.values["l1_control"] = l1_.save();
  state.merge("adam", adam_.save());
  state.merge("activity", activity_.save());
  state.merge("objective", objective_->save());
  return state;
}

void AutoencoderTrainer::restore(const SavedState& state) {
  for (const auto& [name, tensor] : parameters_.named()) state.copyTo(*tensor, std::string(name));
  stepsDone_ = state.value<std::int64_t>("steps_done");
  l1_.restore(state.values.value("l1_control", Json::object()));
  adam_.restore(state.part("adam"));
  activity_.restore(state.part("activity"));
  objective_->restore(state.part("objective"));
}

}  // namespace featurescope
