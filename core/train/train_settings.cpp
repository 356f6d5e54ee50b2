// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_settings.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace featurescope {

namespace {

UserError badUsage(const std::string& why, const std::string& next = {}) {
  return {ErrorCode::BadUsage, "cannot train", why, next};
}

void needPositive(std::string_view flag, double value) {
  if (!(value > 0) || !std::isfinite(value)) {
    throw badUsage(fmt::format("{} is {}", flag, value), "it must be above 0");
  }
}

void needPositive(std::string_view flag, std::int64_t value) {
  needPositive(flag, static_cast<double>(value));
}

/// That a · b is a number of tokens we can count.
void needBelow(std::string_view flags, std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  if (a > kMost / b) {
    throw badUsage(fmt::format("{} is {} · {}", flags, a, b), "that is more than 2^53");
  }
}

void needFraction(std::string_view flag, double value) {
  if (!(value >= 0 && value < 1)) {
    throw badUsage(fmt::format("{} is {}", flag, value), "it must be at least 0 and below 1");
  }
}

void needShare(std::string_view flag, double value) {
  if (value >= 0 && value <= 1) return;
  throw badUsage(fmt::format("{} is {}", flag, value), "it is a share, from 0 to 1");
}

void needNotNegative(std::string_view flag, std::int64_t value) {
  if (value < 0) throw badUsage(fmt::format("{} is {}", flag, value), "it must be 0 or more");
}

void checkInputs(const TrainSettings& settings) {
  if (settings.model.empty() == settings.activations.empty()) {
    throw badUsage("exactly one of --model and --activations is needed");
  }
  if (!settings.model.empty() && settings.corpus.files.empty()) {
    throw badUsage("--model needs --text", "name the files to run through the model");
  }
  if (settings.model.empty() && !settings.heldOut.empty()) {
    throw badUsage("--held-out needs --model", "without one there is no loss to measure");
  }
  if (settings.steps.has_value() == settings.tokens.has_value()) {
    throw badUsage("exactly one of --steps and --tokens is needed");
  }
}

void checkSizes(const TrainSettings& settings) {
  if (settings.steps) needPositive("--steps", *settings.steps);
  if (settings.tokens) needPositive("--tokens", *settings.tokens);
  needPositive("--batch", settings.batch);
  needPositive("--context", settings.corpus.context);
  needPositive("--expansion", settings.expansion);
  if (settings.features) needPositive("--features", *settings.features);
  if (settings.shuffleBuffer) needPositive("--shuffle-buffer", *settings.shuffleBuffer);
  needBelow("--batch · --context", settings.batch, settings.corpus.context);
  needBelow("--steps · --batch · --context", stepsOf(settings), settings.tokensPerStep());
}

void checkOptimiser(const TrainSettings& settings) {
  needPositive("--lr", settings.learningRate);
  needPositive("--eps", settings.epsilon);
  needFraction("--beta1", settings.beta1);
  needFraction("--beta2", settings.beta2);
  needNotNegative("--lr-warmup", settings.learningRateWarmup);
  needNotNegative("--lr-decay", settings.learningRateDecay);
  if (settings.clipGradient) needPositive("--clip-gradient", *settings.clipGradient);
}

void checkSparsity(const TrainSettings& settings) {
  if (settings.l1Coefficient &&
      !(*settings.l1Coefficient >= 0 && std::isfinite(*settings.l1Coefficient))) {
    throw badUsage(fmt::format("--l1-coeff is {}", *settings.l1Coefficient),
                   "it must be 0 or more");
  }
  needPositive("--target-sparsity", settings.targetSparsity);
  if (settings.targetSparsity > 1) {
    throw badUsage(fmt::format("--target-sparsity is {}", settings.targetSparsity),
                   "it is a share of all features, at most 1");
  }
  if (settings.targetL0) needPositive("--target-l0", *settings.targetL0);
  needNotNegative("--l1-adjust-after", settings.l1AdjustAfter);
  needNotNegative("--l1-warmup", settings.l1Warmup);
  if (settings.sparseBelow) needShare("--sparse-below", *settings.sparseBelow);
  if (settings.screenBelow) needShare("--screen-below", *settings.screenBelow);
}

void checkArchitecture(const TrainSettings& settings) {
  const auto onlyOf = [&](bool given, std::string_view flag, std::string_view what, bool fits) {
    if (!given || fits) return;
    throw badUsage(
        fmt::format("{} does not belong to --architecture {}", flag, name(settings.architecture)),
        fmt::format("it is of {} SAEs", what));
  };
  const bool isTopK = settings.architecture == Architecture::TopK ||
                      settings.architecture == Architecture::BatchTopK;
  onlyOf(settings.k.has_value(), "--k", "topk and batchtopk", isTopK);
  onlyOf(settings.l1Coefficient.has_value(), "--l1-coeff", "standard, jumprelu and gated", !isTopK);
  onlyOf(settings.jumpReluBandwidth.has_value(), "--jumprelu-bandwidth", "jumprelu",
         settings.architecture == Architecture::JumpRelu);
  if (settings.k) needPositive("--k", *settings.k);
  if (settings.jumpReluBandwidth) needPositive("--jumprelu-bandwidth", *settings.jumpReluBandwidth);
  if (!(settings.auxiliaryCoefficient >= 0 && std::isfinite(settings.auxiliaryCoefficient))) {
    throw badUsage(fmt::format("--aux-coeff is {}", settings.auxiliaryCoefficient),
                   "it must be 0 or more");
  }
}

void checkSchedule(const TrainSettings& settings) {
  needPositive("--resample-every", settings.resampleEvery);
  needPositive("--dead-window", settings.deadWindow);
  needPositive("--checkpoint-every", settings.checkpointEvery);
  needNotNegative("--keep-checkpoints", settings.keepCheckpoints);
  needPositive("--log-every", settings.logEvery);
  needPositive("--evaluate-every", settings.evaluateEvery);
  needPositive("--held-out-tokens", settings.heldOutTokens);
}

}  // namespace

void checkTrainSettings(const TrainSettings& settings) {
  checkInputs(settings);
  checkSizes(settings);
  checkOptimiser(settings);
  checkSparsity(settings);
  checkArchitecture(settings);
  checkSchedule(settings);
}

std::int64_t stepsOf(const TrainSettings& settings) {
  if (settings.steps) return *settings.steps;
  return std::max<std::int64_t>(1, settings.tokens.value() / settings.tokensPerStep());
}

}  // namespace featurescope
