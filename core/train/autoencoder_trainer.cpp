// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/unit_rows_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
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

/// What the optimiser does besides, in the order of inOrder().
std::vector<AfterStep> afterStep(const AutoencoderParameters& parameters, RowConstraint ofDecoder,
                                 const std::optional<RoundedCopy>& roundedEncoder) {
  const auto named = parameters.named();
  std::vector<AfterStep> ofEach;
  ofEach.reserve(named.size());
  for (const auto& [name, tensor] : named) {
    ofEach.push_back({name == "W_dec" ? ofDecoder : RowConstraint::None,
                      name == "W_enc" ? roundedEncoder : std::nullopt});
  }
  return ofEach;
}

/// In how many steps Adam moves an encoder weight across the range that it starts in.
double responseSteps(std::int64_t features, double learningRate) {
  return std::sqrt(6.0 / static_cast<double>(features)) / learningRate;
}

L1ControlSettings withResponse(L1ControlSettings settings, double steps) {
  settings.responseSteps = steps;
  return settings;
}

/// As torch.nn.utils.clip_grad_norm_.
void clipNorm(const std::vector<at::Tensor>& gradients, double largest) {
  std::vector<at::Tensor> norms;
  norms.reserve(gradients.size());
  for (const at::Tensor& gradient : gradients) norms.push_back(at::linalg_vector_norm(gradient));
  const double norm = at::linalg_vector_norm(at::stack(norms)).item<double>();
  const double scale = std::min(1.0, largest / (norm + 1e-6));
  for (const at::Tensor& gradient : gradients) gradient.mul_(scale);
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
      l1_(withResponse(options.l1,
                       responseSteps(parameters_.features(), options.learningRate.peak))),
      resampler_(options.resampling, options.deadWindow, options.seed) {}

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
  checkLoss(figures, x);
  activity_.add(objective_->activeTokens());
  figures.l0 = objective_->activeTokens().sum(at::kDouble).item<double>() /
               static_cast<double>(options_.tokensPerStep);
  figures.dead = activity_.deadCount();

  resampler_.remember(x, objective_->tokenErrors(), stepsDone_);
  update(figures.learningRate);
  ++stepsDone_;
  controlL1(figures);
  resampleWhatIsDead();
  return figures;
}

void AutoencoderTrainer::checkLoss(const TrainMetrics& figures, const at::Tensor& x) {
  const double norm = at::linalg_vector_norm(x).item<double>();
  const double meanSquaredNorm = norm * norm / static_cast<double>(options_.tokensPerStep);
  if (std::isfinite(figures.loss) &&
      !divergence_.diverges(figures.reconstructionLoss, meanSquaredNorm)) {
    return;
  }
  throw UserError(
      ErrorCode::NotFinite, fmt::format("cannot train beyond step {}", figures.step),
      fmt::format("training diverges: its loss is {} (reconstruction {}, L1 {}), the "
                  "mean squared norm of the activations {}",
                  figures.loss, figures.reconstructionLoss, figures.l1Loss, meanSquaredNorm),
      "lower --lr or --l1-coeff, and look whether the activations are of a sane size");
}

void AutoencoderTrainer::update(double learningRate) {
  AutoencoderParameters& gradients = objective_->gradients();
  const bool clips = options_.clipGradient.has_value();
  RowConstraint ofDecoder = RowConstraint::UnitNorm;
  if (options_.projectDecoderGradient && clips) {  // the norm is that of what is left
    removeParallelComponent(gradients.W_dec, parameters_.W_dec);
  } else if (options_.projectDecoderGradient) {
    ofDecoder = RowConstraint::ProjectedUnitNorm;
  }
  const std::vector<at::Tensor> ordered = inOrder(gradients);
  if (clips) clipNorm(ordered, *options_.clipGradient);
  adam_.setLearningRate(learningRate);
  adam_.step(ordered, afterStep(parameters_, ofDecoder, objective_->roundedEncoder()));
}

void AutoencoderTrainer::controlL1(const TrainMetrics& figures) {
  const bool adjusting = l1_.adjusting();
  const bool frozen = l1_.frozen();
  l1_.observe(figures.l0, figures.tokens, figures.learningRate / options_.learningRate.peak);
  const Json state = {{"l1_coeff", l1_.coefficient()}, {"l0", l1_.smoothedL0()}};
  if (l1_.adjusting() && !adjusting) {
    note("l1-adjusting",
         fmt::format("from here on the L1 coefficient, {:.4g}, is adjusted: l0 is {:.4g}, its "
                     "target {:.4g}",
                     l1_.coefficient(), l1_.smoothedL0(), options_.l1.targetL0),
         state);
  }
  if (l1_.frozen() && !frozen) {
    note("l1-held",
         fmt::format("the L1 coefficient is held at {:.4g}: l0 is {:.4g}, its target {:.4g}",
                     l1_.coefficient(), l1_.smoothedL0(), options_.l1.targetL0),
         state);
  }
}

void AutoencoderTrainer::resampleWhatIsDead() {
  if (const auto outcome = resampler_.takeOutcome(activity_.lastActive(), stepsDone_)) {
    note("resampling-outcome",
         fmt::format("of {} features resampled after step {}, {} fired within {} steps, {} in the "
                     "last tenth of them",
                     outcome->features, outcome->resampledAfter - 1, outcome->fired,
                     outcome->window, outcome->firedLately),
         {{"resampled_after_step", outcome->resampledAfter - 1},
          {"window", outcome->window},
          {"features", outcome->features},
          {"fired", outcome->fired},
          {"fired_lately", outcome->firedLately}});
  }
  if (!resampler_.isDue(stepsDone_)) return;
  const at::Tensor ids = resampler_.resample(parameters_, activity_.dead(), stepsDone_);
  const std::int64_t count = ids.size(0);
  const at::Tensor listed = ids.to(at::kCPU);
  const auto* first = listed.const_data_ptr<std::int64_t>();
  note("resampled",
       fmt::format("resampled {} dead features ({})", count, nameOf(options_.resampling.method)),
       {{"method", nameOf(options_.resampling.method)},
        {"features", std::vector<std::int64_t>(first, first + count)}});
  if (count == 0) return;
  objective_->parametersChanged();

  const auto named = parameters_.named();
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (named[i].first != "b_dec") adam_.forget(i, named[i].first == "W_enc" ? 1 : 0, ids);
  }
  const std::int64_t every = options_.resampling.every;
  // New features fire on whatever comes until Adam has moved them: no sign of the coefficient.
  const double response = responseSteps(parameters_.features(), options_.learningRate.peak);
  l1_.pause(std::min(static_cast<std::int64_t>(std::min(2 * response, 1e9)), every / 4));
  if (options_.resampling.method != Resampling::Loss) return;
  const std::int64_t warmup = options_.learningRate.warmupSteps > 0
                                  ? options_.learningRate.warmupSteps
                                  : std::max<std::int64_t>(1, every / 10);
  learningRate_.rewarm(stepsDone_, warmup);
  note("learning-rate-rewarmed",
       fmt::format("the learning rate is warmed up again over {} steps", warmup),
       {{"steps", warmup}});
}

void AutoencoderTrainer::note(std::string kind, std::string sentence, Json figures) {
  events_.push_back({std::move(kind), stepsDone_ - 1, std::move(sentence), std::move(figures)});
}

std::vector<TrainEvent> AutoencoderTrainer::takeEvents() { return std::exchange(events_, {}); }

SavedState AutoencoderTrainer::save() const {
  SavedState state;
  for (const auto& [name, tensor] : parameters_.named()) {
    state.tensors.emplace(std::string(name), *tensor);
  }
  state.values = {{"steps_done", stepsDone_},
                  {"warmup_start", learningRate_.warmupStart()},
                  {"warmup_steps", learningRate_.warmupSteps()},
                  {"l1_control", l1_.save()},
                  {"divergence", divergence_.save()}};
  state.merge("objective", objective_->save());
  state.merge("adam", adam_.save());
  state.merge("activity", activity_.save());
  state.merge("resampler", resampler_.save());
  return state;
}

void AutoencoderTrainer::restore(const SavedState& state) {
  for (const auto& [name, tensor] : parameters_.named()) state.copyTo(*tensor, std::string(name));
  stepsDone_ = state.value<std::int64_t>("steps_done");
  learningRate_.rewarm(state.value<std::int64_t>("warmup_start"),
                       state.value<std::int64_t>("warmup_steps"));
  l1_.restore(state.part("l1_control").values);
  divergence_.restore(state.part("divergence").values);
  objective_->restore(state.part("objective"));
  adam_.restore(state.part("adam"));
  activity_.restore(state.part("activity"));
  resampler_.restore(state.part("resampler"), parameters_);
}

}  // namespace featurescope
