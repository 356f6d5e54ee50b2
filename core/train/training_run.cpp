// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/lm/device_torch.h"
#include "core/train/initial_parameters_torch.h"
#include "core/train/input_hashes.h"
#include "core/train/step_products_torch.h"
#include "core/train/train_metrics.h"
#include "core/train/train_settings.h"
#include "core/train/trained_result_torch.h"
#include "core/train/training_run_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kMetrics = "metrics.csv";
constexpr const char* kHeldOut = "held_out.csv";

/// Rows on which a run measures what its activations are like.
constexpr std::int64_t kSampleRows = 16'384;

std::unique_ptr<ActivationSource> openSource(const TrainSettings& settings) {
  if (!settings.activations.empty()) return openActivationFile(settings);
  return openModelActivations(settings, stepsOf(settings));
}

/// σ with σ² the mean of the squared entries.
double meanSquareScale(const at::Tensor& sample) {
  const double meanSquare = sample.square().mean(at::kDouble).item<double>();
  if (meanSquare > 0) return std::sqrt(meanSquare);
  throw UserError(ErrorCode::BadFile, "cannot normalise the activations",
                  "the first ones are all zero", "leave --normalize out");
}

std::string_view l1CoefficientFrom(const TrainSettings& settings) {
  return settings.l1Coefficient ? "given" : measuredCoefficientFrom(settings.architecture);
}

/// In what the matrices of a step are multiplied.
std::string_view stepFactors(const ComputeOptions& compute) {
  const StepProducts products(compute, resolveDevice(compute));
  return products.factors() == at::kFloat ? "float32" : "bfloat16";
}

}  // namespace

TrainingRun::TrainingRun(TrainSettings settings)
    : ResumableRun({.steps = stepsOf(settings),
                    .checkpointEvery = settings.checkpointEvery,
                    .keepCheckpoints = settings.keepCheckpoints}),
      settings_(std::move(settings)),
      source_(openSource(settings_)) {
  if (!settings_.heldOut.empty()) heldOut_.emplace(settings_);
}

void TrainingRun::begin(const JobContext& job) {
  const at::Device device = resolveDevice(settings_.compute);
  AutoencoderParameters parameters = initialParameters(settings_, source_->width(), device);
  measureSample(parameters, job);
  firstBatch_ = nextBatch(job);
  settleObjective(settings_, firstBatch_, parameters.features());
  l1Coefficient_ =
      settings_.l1Coefficient
          ? *settings_.l1Coefficient
          : measuredCoefficient(settings_.architecture, firstBatch_, parameters.features());
  trainer_.emplace(makeTrainer(std::move(parameters)));
}

void TrainingRun::measureSample(AutoencoderParameters& parameters, const JobContext& job) {
  const bool normalises = settings_.normalisation == Normalisation::MeanSquare;
  const bool startsBias = !settings_.initial && settings_.decoderBias != DecoderBias::Zero;
  if (!normalises && !startsBias) return;
  const at::Tensor sample = source_->sample(kSampleRows, job);
  if (normalises) scale_ = meanSquareScale(sample);
  if (startsBias) {
    parameters.b_dec.copy_(startOfDecoderBias(settings_.decoderBias, sample).div_(scale_));
  }
}

void TrainingRun::restore(const SavedState& state, const JobContext& job) {
  scale_ = state.value<double>("sigma");
  l1Coefficient_ = state.value<double>("l1_coeff");
  evaluated_ = state.value<std::int64_t>("evaluated");
  last_ = trainMetricsFromJson(state.part("last").values, SavedState::kWhatFails);
  trainer_.emplace(makeTrainer(
      initialParameters(settings_, source_->width(), resolveDevice(settings_.compute))));
  trainer_->restore(state.part("trainer"));
  tokensAtRow_ = last_.tokens;
  if (last_.step + 1 != stepsDone()) {
    throw UserError(ErrorCode::BadFile, SavedState::kWhatFails, "it is of another run");
  }
  source_->restore(state.part("source"), job);
}

SavedState TrainingRun::save() const {
  SavedState state;
  state.values = {{"sigma", scale_}, {"l1_coeff", l1Coefficient_}, {"evaluated", evaluated_}};
  state.values["last"] = toJson(last_);
  state.merge("trainer", trainer_->save());
  state.merge("source", source_->save());
  return state;
}

AutoencoderTrainer TrainingRun::makeTrainer(AutoencoderParameters parameters) const {
  AutoencoderTrainer::Options options;
  options.tokensPerStep = settings_.tokensPerStep();
  options.adam = {settings_.learningRate, settings_.beta1, settings_.beta2, settings_.epsilon};
  options.learningRate = {.peak = settings_.learningRate,
                          .warmupSteps = settings_.learningRateWarmup,
                          .decaySteps = settings_.learningRateDecay,
                          .totalSteps = steps()};
  options.l1 = {.mode = settings_.l1Mode,
                .initial = l1Coefficient_,
                .targetL0 = settings_.targetL0Of(parameters.features()),
                .adjustAfterTokens = settings_.l1AdjustAfter,
                .warmupSteps = settings_.l1Warmup};
  options.clipGradient = settings_.clipGradient;
  options.projectDecoderGradient = settings_.projectDecoderGradient;
  options.deadWindow = settings_.deadWindow;
  options.resampling = {settings_.resampling, settings_.resampleEvery};
  options.seed = settings_.compute.seed;
  addOwnParameters(settings_, parameters);
  auto objective = makeObjective(settings_, parameters);
  return {std::move(parameters), std::move(objective), options};
}

Json TrainingRun::inputs() const {
  Json inputs = source_->provenance();
  if (settings_.initial) inputs["init"] = {{"hash", hashFile(*settings_.initial)}};
  if (!settings_.heldOut.empty()) inputs["held_out"] = fileHashes(settings_.heldOut);
  return inputs;
}

Json TrainingRun::description() const {
  return {{"kind", "train"},
          {"settings", toJson(settings_)},
          {"versions", programVersions()},
          {"device", describeDevice(settings_.compute)},
          {"step_factors", stepFactors(settings_.compute)},
          {"threads", settings_.compute.threads},
          {"inputs", inputs()},
          {"hook", settings_.model.empty() ? Json(nullptr) : Json(settings_.site.moduleName())},
          {"d", source_->width()},
          {"m", trainer_->parameters().features()},
          {"tokens_per_step", settings_.tokensPerStep()},
          {"steps", steps()},
          {"sigma", scale_},
          {"l1_coeff", l1Coefficient_},
          {"l1_coeff_from", l1CoefficientFrom(settings_)},
          {"b_dec_from", settings_.initial ? "init" : nameOf(settings_.decoderBias)},
          {"loss", trainer_->objective().formula()}};
}

std::vector<RunFolder::Table> TrainingRun::tables() const {
  std::vector<RunFolder::Table> tables{{kMetrics, metricsHeader()}};
  if (heldOut_) tables.push_back({kHeldOut, heldOutHeader()});
  return tables;
}

std::string TrainingRun::intent() const {
  return fmt::format("training {} features on {} values a token for {} steps",
                     trainer_->parameters().features(), source_->width(), steps());
}

double TrainingRun::measureSpeed(const JobContext& job) {
  constexpr std::int64_t kWarmUp = 3, kFewest = 3;  // the model's thread starts with a lead
  constexpr double kSeconds = 1;
  using Clock = std::chrono::steady_clock;
  begin(job);
  const std::int64_t warmUp = std::min(kWarmUp, steps() - 1);
  auto began = Clock::now();
  double seconds = 0;
  std::int64_t timed = 0;
  while (trainer_->stepsDone() < steps() && (timed < kFewest || seconds < kSeconds)) {
    job.throwIfStopped();
    (void)trainer_->step(nextBatch(job));
    if (trainer_->stepsDone() == warmUp) began = Clock::now();
    timed = trainer_->stepsDone() - warmUp;
    seconds = std::chrono::duration<double>(Clock::now() - began).count();
  }
  return static_cast<double>(timed * settings_.tokensPerStep()) / seconds;
}

at::Tensor TrainingRun::nextBatch(const JobContext& job) {
  if (firstBatch_.defined()) return std::exchange(firstBatch_, at::Tensor());
  const at::Tensor batch = source_->next(job);
  return scale_ == 1 ? batch : batch.div(scale_);
}

void TrainingRun::step(RunFolder& folder, const JobContext& job) {
  const auto start = std::chrono::steady_clock::now();
  last_ = trainer_->step(nextBatch(job));
  secondsSinceRow_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (last_.step + 1 == steps() || last_.step % settings_.logEvery == 0) appendRow(folder);
  logEvents(folder);
  job.progress.update({.stage = "training",
                       .done = static_cast<std::uint64_t>(last_.tokens),
                       .total = static_cast<std::uint64_t>(steps() * settings_.tokensPerStep()),
                       .unit = "tokens",
                       .detail = fmt::format("loss {:.4g} · l0 {:.1f}", last_.loss, last_.l0)});
}

void TrainingRun::appendRow(RunFolder& folder) {
  const auto tokens = static_cast<double>(last_.tokens - std::exchange(tokensAtRow_, last_.tokens));
  const double seconds = std::exchange(secondsSinceRow_, 0);
  last_.tokensPerSecond = seconds > 0 ? tokens / seconds : 0;
  folder.append(kMetrics, metricsRow(last_));
}

void TrainingRun::logEvents(RunFolder& folder) {
  for (const TrainEvent& event : trainer_->takeEvents()) {
    folder.log(fmt::format("step {}: {}", event.step, event.sentence));
    append(folder, event);
  }
}

bool TrainingRun::isEvaluationDue() const {
  const std::int64_t done = trainer_->stepsDone();
  return heldOut_ && done > evaluated_ && (done == steps() || done % settings_.evaluateEvery == 0);
}

void TrainingRun::beforeStep(RunFolder& folder, const JobContext& job) {
  if (!isEvaluationDue()) return;
  HeldOutFigures figures = heldOut_->measure(result(), job);
  figures.steps = trainer_->stepsDone();
  figures.tokens = last_.tokens;
  folder.append(kHeldOut, heldOutRow(figures));
  folder.log(
      fmt::format("held-out loss after {} steps: {:.4f} with the SAE, {:.4f} without, "
                  "{:.4f} with zeros in its place",
                  figures.steps, figures.lossSae, figures.lossBase, figures.lossZero));
  folder.setState(RunState::Running, {{"held_out", toJson(figures)}});
  evaluated_ = figures.steps;
}

void TrainingRun::saveCheckpoint(const std::filesystem::path& folder) const {
  saveResult(folder / "sae");
}

void TrainingRun::finish(RunFolder& folder, const JobContext& /*job*/) {
  saveResult(folder.path() / "sae");
  folder.log(fmt::format("finished after {} steps: loss {}, l0 {}, {} dead", steps(), last_.loss,
                         last_.l0, last_.dead));
  folder.setState(RunState::Finished, {{"result", toJson(last_)}, {"stream", source_->report()}});
}

TrainedAutoencoder TrainingRun::result() const {
  return scaledBack(trainer_->objective().trained(trainer_->parameters()), scale_);
}

void TrainingRun::saveResult(const std::filesystem::path& folder) const {
  saveTrained(folder, result(), settings_, last_);
}

}  // namespace featurescope
