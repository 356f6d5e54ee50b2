// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/fine_tune_settings.h"

#include "core/base/error.h"
#include "core/train/setting_fields.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace featurescope {

namespace {

UserError badUsage(const std::string& why, const std::string& next) {
  return {ErrorCode::BadUsage, "cannot fine-tune", why, next};
}

void needPositive(std::string_view flag, double value) {
  if (value > 0 && std::isfinite(value)) return;
  throw badUsage(fmt::format("{} is {}", flag, value), "it must be above 0");
}

void needPositive(std::string_view flag, std::int64_t value) {
  if (value > 0) return;
  throw badUsage(fmt::format("{} is {}", flag, value), "it must be above 0");
}

void needNotNegative(std::string_view flag, double value) {
  if (value >= 0 && std::isfinite(value)) return;
  throw badUsage(fmt::format("{} is {}", flag, value), "it must be 0 or more");
}

void needFraction(std::string_view flag, double value) {
  if (value >= 0 && value < 1) return;
  throw badUsage(fmt::format("{} is {}", flag, value), "it must be at least 0 and below 1");
}

/// That the steps and the records they read can be counted.
void needCountable(const FineTuneSettings& settings) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  if (settings.epochs <= kMost / settings.stepsPerEpoch &&
      settings.steps() <= kMost / settings.batch) {
    return;
  }
  throw badUsage("--epochs · --steps-per-epoch · --batch is more than 2^53", "lower one of them");
}

/// Shows every setting to `visitor`, by its flag's name.
template <class Settings, class Visitor>
void visitSettings(Settings& s, Visitor& visitor) {
  visitor.field("model", s.model);
  visitor.field("sae", s.sae);
  visitor.site(s.site);
  visitor.field("text", s.corpus.files);
  visitor.field("field", s.corpus.field);
  visitor.field("packing", s.corpus.packing);
  visitor.field("context", s.corpus.context);
  visitor.field("epochs", s.epochs);
  visitor.field("steps_per_epoch", s.stepsPerEpoch);
  visitor.field("batch", s.batch);
  visitor.inverted("no_shuffle", s.shuffle);
  visitor.field("scope", s.scope);
  visitor.field("keep_error", s.keepError);
  visitor.field("lr", s.learningRate);
  visitor.field("beta1", s.beta1);
  visitor.field("beta2", s.beta2);
  visitor.field("eps", s.epsilon);
  visitor.field("weight_decay", s.weightDecay);
  visitor.field("decay_toward", s.decayToward);
  visitor.field("l1_coeff", s.l1Coefficient);
  visitor.field("held_out_fraction", s.heldOutFraction);
  visitor.field("also_measure", s.alsoMeasure);
  visitor.field("measure_tokens", s.measureTokens);
  visitor.field("log_every", s.logEvery);
  visitor.field("checkpoint_every", s.checkpointEvery);
  visitor.field("keep_checkpoints", s.keepCheckpoints);
  visitor.field("cache_bytes", s.cacheBytes);
  visitor.field("checkpoint_activations", s.checkpointActivations);
  visitor.field("stream_weights", s.streamWeights);
  visitor.field("seed", s.compute.seed);
  visitor.field("threads", s.compute.threads);
  visitor.field("device", s.compute.device);
  visitor.field("dtype", s.compute.dtype);
}

}  // namespace

void checkFineTuneSettings(const FineTuneSettings& settings) {
  if (settings.model.empty() || settings.sae.empty()) {
    throw badUsage("--model and --sae are needed", "name the model and the SAE to insert");
  }
  if (settings.corpus.files.empty()) throw badUsage("--text is needed", "name the files to read");
  needPositive("--context", settings.corpus.context);
  needPositive("--epochs", settings.epochs);
  needPositive("--steps-per-epoch", settings.stepsPerEpoch);
  needPositive("--batch", settings.batch);
  needCountable(settings);
  needPositive("--lr", settings.learningRate);
  needFraction("--beta1", settings.beta1);
  needFraction("--beta2", settings.beta2);
  needPositive("--eps", settings.epsilon);
  needNotNegative("--weight-decay", settings.weightDecay);
  needNotNegative("--l1-coeff", settings.l1Coefficient);
  needFraction("--held-out-fraction", settings.heldOutFraction);
  needPositive("--measure-tokens", settings.measureTokens);
  needPositive("--log-every", settings.logEvery);
  needPositive("--checkpoint-every", settings.checkpointEvery);
  needNotNegative("--keep-checkpoints", static_cast<double>(settings.keepCheckpoints));
  needNotNegative("--cache-bytes", static_cast<double>(settings.cacheBytes));
  if (settings.scope == LossScope::Completion && settings.corpus.packing == Packing::Packed) {
    throw badUsage("--scope completion needs records that stand alone",
                   "give --packing documents, or leave --scope out");
  }
}

Json toJson(const FineTuneSettings& settings) {
  SettingWriter writer;
  visitSettings(settings, writer);
  return std::move(writer.result);
}

FineTuneSettings fineTuneSettingsFromJson(const Json& json, std::string_view what) {
  FineTuneSettings settings;
  SettingReader reader(json, what);
  visitSettings(settings, reader);
  reader.finish([&settings] { checkFineTuneSettings(settings); });
  return settings;
}

}  // namespace featurescope
