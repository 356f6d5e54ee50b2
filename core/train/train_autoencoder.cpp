// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_autoencoder.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/base/version.h"
#include "core/lm/device_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/train/activation_source_torch.h"
#include "core/train/autoencoder_trainer_torch.h"
#include "core/train/initial_parameters_torch.h"
#include "core/train/run_folder.h"
#include "core/train/train_settings.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

const std::vector<std::string> kMetricColumns{"step",    "tokens",           "loss", "recon_loss",
                                              "l1_loss", "l1_coeff",         "l0",   "dead",
                                              "lr",      "tokens_per_second"};

std::vector<std::string> csvFields(const TrainMetrics& figures) {
  return {std::to_string(figures.step),   std::to_string(figures.tokens),
          shortest(figures.loss),         shortest(figures.reconstructionLoss),
          shortest(figures.l1Loss),       shortest(figures.l1Coefficient),
          shortest(figures.l0),           std::to_string(figures.dead),
          shortest(figures.learningRate), shortest(figures.tokensPerSecond)};
}

Json resultFigures(const TrainMetrics& figures) {
  return {{"steps", figures.step + 1}, {"tokens", figures.tokens},
          {"loss", figures.loss},      {"recon_loss", figures.reconstructionLoss},
          {"l1_loss", figures.l1Loss}, {"l0", figures.l0},
          {"dead", figures.dead}};
}

/// Shows what the job reports and keeps its notes in the run's log.
class LoggedProgress final : public ProgressSink {
 public:
  LoggedProgress(ProgressSink& shown, RunFolder& run) : shown_(shown), run_(run) {}
  void update(const ProgressUpdate& update) override { shown_.update(update); }
  void note(std::string_view sentence) override {
    run_.log(sentence);
    shown_.note(sentence);
  }

 private:
  ProgressSink& shown_;
  RunFolder& run_;
};

/// Tokens a second since the last row of metrics.
class Speed {
 public:
  double sinceLastRow(std::int64_t tokens) {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    const auto counted = static_cast<double>(tokens - lastTokens_);
    last_ = now;
    lastTokens_ = tokens;
    return seconds > 0 ? counted / seconds : 0.0;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::int64_t lastTokens_ = 0;
};

std::unique_ptr<ActivationSource> openSource(const TrainSettings& settings) {
  if (!settings.activations.empty()) return openActivationFile(settings);
  return openModelActivations(settings, stepsOf(settings));
}

/// One run from its inputs to its result.
class TrainingRun {
 public:
  /// Reads the inputs and the first batch, so that what is wrong with them shows before anything is
  /// written.
  TrainingRun(const TrainSettings& settings, const JobContext& job)
      : settings_(settings),
        steps_(stepsOf(settings)),
        source_(openSource(settings)),
        batch_(source_->next(job)),
        trainer_(makeTrainer()) {}

  TrainMetrics run(const JobContext& job) {
    RunFolder folder =
        RunFolder::create(settings_.out, description(), kMetricColumns, settings_.force);
    LoggedProgress progress(job.progress, folder);
    try {
      folder.log(fmt::format("training {} features on {} values a token for {} steps", features(),
                             source_->width(), steps_));
      train({job.stop, progress}, folder);
      save(folder);
    } catch (const Interrupted&) {
      folder.setState(RunState::Interrupted,
                      stepsDone_ > 0 ? Json{{"result", resultFigures(last_)}} : Json::object());
      folder.log(fmt::format("interrupted after {} steps", stepsDone_));
      throw Interrupted("the metrics up to step " + std::to_string(stepsDone_) + " are in " +
                        settings_.out.string() + "; start over with the same command and --force");
    } catch (...) {
      recordFailure(folder, describeCurrentException("training").what());
      throw;
    }
    return last_;
  }

 private:
  AutoencoderTrainer makeTrainer() {
    AutoencoderParameters parameters =
        initialParameters(settings_, source_->width(), batch_.device());
    AutoencoderTrainer::Options options;
    options.tokensPerStep = settings_.tokensPerStep();
    options.adam = {settings_.learningRate, settings_.beta1, settings_.beta2, settings_.epsilon};
    options.projectDecoderGradient = settings_.projectDecoderGradient;
    l1Coefficient_ = settings_.l1Coefficient ? *settings_.l1Coefficient
                                             : measuredL1Coefficient(batch_, parameters.features());
    options.learningRate.peak = settings_.learningRate;
    options.l1.initial = l1Coefficient_;
    auto objective = makeObjective(settings_, parameters);
    return {std::move(parameters), std::move(objective), options};
  }

  [[nodiscard]] std::int64_t features() const { return trainer_.parameters().features(); }

  /// run.json at the start: all that decides the run and where it comes from.
  [[nodiscard]] Json description() const {
    Json inputs = source_->provenance();
    if (settings_.initial) inputs["init"] = {{"hash", hashFile(*settings_.initial)}};
    return {{"kind", "train"},
            {"settings", toJson(settings_)},
            {"versions", {{"featurescope", programVersion()}, {"libtorch", torchVersion()}}},
            {"device", describeDevice(settings_.compute)},
            {"inputs", std::move(inputs)},
            {"hook", settings_.model.empty() ? Json(nullptr) : Json(settings_.site.moduleName())},
            {"d", source_->width()},
            {"m", features()},
            {"tokens_per_step", settings_.tokensPerStep()},
            {"steps", steps_},
            {"l1_coeff", l1Coefficient_},
            {"l1_coeff_from",
             settings_.l1Coefficient ? "given" : "2.5 · rms ‖x − mean‖ of the first batch / √M"},
            {"b_dec_from", settings_.initial ? "init" : "zeros"},
            {"loss", trainer_.objective().formula()}};
  }

  void train(const JobContext& job, RunFolder& folder) {
    Speed speed;
    for (; stepsDone_ < steps_; ++stepsDone_) {
      job.throwIfStopped();
      if (stepsDone_ > 0) batch_ = source_->next(job);
      last_ = trainer_.step(batch_);
      const bool isLast = stepsDone_ + 1 == steps_;
      if (isLast || stepsDone_ % settings_.logEvery == 0) {
        last_.tokensPerSecond = speed.sinceLastRow(last_.tokens);
        folder.appendMetrics(csvFields(last_));
      }
      job.progress.update({.stage = "training",
                           .done = static_cast<std::uint64_t>(last_.tokens),
                           .total = static_cast<std::uint64_t>(steps_ * settings_.tokensPerStep()),
                           .unit = "tokens",
                           .detail = fmt::format("loss {:.4g} · l0 {:.1f}", last_.loss, last_.l0)});
    }
  }

  void save(RunFolder& folder) {
    CheckpointOrigin origin;
    origin.context = settings_.corpus.context;
    if (!settings_.model.empty()) {
      origin.modelName = std::filesystem::absolute(settings_.model / ".")
                             .lexically_normal()
                             .parent_path()
                             .filename()
                             .string();
      origin.hookName = settings_.site.moduleName();
    }
    origin.extra = {{"trained_by", fmt::format("featurescope {}", programVersion())},
                    {"l1_coefficient", l1Coefficient_},
                    {"training_tokens", last_.tokens}};
    const TrainedAutoencoder result = trainer_.objective().trained(trainer_.parameters());
    saveSaeLens(folder.path() / "sae", result.parameters, origin, result.activation);
    folder.log(fmt::format("finished after {} steps: loss {}, l0 {}, {} dead", steps_, last_.loss,
                           last_.l0, last_.dead));
    folder.setState(RunState::Finished,
                    {{"result", resultFigures(last_)}, {"stream", source_->report()}});
  }

  /// As far as the disk lets us: the failure itself is what the person has to see.
  static void recordFailure(RunFolder& folder, const std::string& reason) noexcept {
    try {
      folder.setState(RunState::Failed, {{"error", reason}});
      folder.log("failed: " + reason);
    } catch (...) {
      return;
    }
  }

  TrainSettings settings_;
  std::int64_t steps_;
  std::unique_ptr<ActivationSource> source_;
  at::Tensor batch_;
  double l1Coefficient_ = 0;
  AutoencoderTrainer trainer_;
  TrainMetrics last_;
  std::int64_t stepsDone_ = 0;
};

}  // namespace

TrainMetrics trainAutoencoder(const TrainSettings& settings, const JobContext& job) {
  checkTrainSettings(settings);
  checkRunFolder(settings.out, settings.force);
  const c10::NoGradGuard noGradients;
  applyThreads(settings.compute);
  TrainingRun run(settings, job);
  return run.run(job);
}

}  // namespace featurescope
