// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/setting_fields.h"
#include "core/train/train_settings.h"

#include <utility>

namespace featurescope {

namespace {

/// Shows every setting to `visitor`, by its flag's name.
template <class Settings, class Visitor>
void visitSettings(Settings& s, Visitor& visitor) {
  visitor.field("model", s.model);
  visitor.field("activations", s.activations);
  visitor.inverted("no_shuffle", s.shuffle);
  visitor.field("shuffle_buffer", s.shuffleBuffer);
  visitor.field("normalize", s.normalisation);
  visitor.field("expansion", s.expansion);
  visitor.field("features", s.features);
  visitor.field("batch", s.batch);
  visitor.field("context", s.corpus.context);
  visitor.field("steps", s.steps);
  visitor.field("tokens", s.tokens);
  visitor.field("lr", s.learningRate);
  visitor.field("beta1", s.beta1);
  visitor.field("beta2", s.beta2);
  visitor.field("eps", s.epsilon);
  visitor.field("lr_warmup", s.learningRateWarmup);
  visitor.field("lr_decay", s.learningRateDecay);
  visitor.field("clip_gradient", s.clipGradient);
  visitor.choice("decoder_gradient", s.projectDecoderGradient, "plain", "project");
  visitor.field("init", s.initial);
  visitor.field("b_dec_init", s.decoderBias);
  visitor.field("architecture", s.architecture);
  visitor.field("k", s.k);
  visitor.field("aux_coeff", s.auxiliaryCoefficient);
  visitor.field("jumprelu_bandwidth", s.jumpReluBandwidth);
  visitor.field("l1_coeff", s.l1Coefficient);
  visitor.field("l1_mode", s.l1Mode);
  visitor.field("target_sparsity", s.targetSparsity);
  visitor.field("target_l0", s.targetL0);
  visitor.field("l1_adjust_after", s.l1AdjustAfter);
  visitor.field("l1_warmup", s.l1Warmup);
  visitor.field("sparse_below", s.sparseBelow);
  visitor.field("screen_below", s.screenBelow);
  visitor.field("resample", s.resampling);
  visitor.field("resample_every", s.resampleEvery);
  visitor.field("dead_window", s.deadWindow);
  visitor.field("checkpoint_every", s.checkpointEvery);
  visitor.field("keep_checkpoints", s.keepCheckpoints);
  visitor.field("log_every", s.logEvery);
  visitor.field("held_out", s.heldOut);
  visitor.field("evaluate_every", s.evaluateEvery);
  visitor.field("held_out_tokens", s.heldOutTokens);
  visitor.field("seed", s.compute.seed);
  visitor.field("threads", s.compute.threads);
  visitor.field("device", s.compute.device);
  visitor.field("dtype", s.compute.dtype);
}

/// Those that a run on a file of activations does not have.
template <class Settings, class Visitor>
void visitTextSettings(Settings& s, Visitor& visitor) {
  visitor.field("text", s.corpus.files);
  visitor.field("field", s.corpus.field);
  visitor.site(s.site);
  visitor.field("packing", s.corpus.packing);
}

}  // namespace

Json toJson(const TrainSettings& settings) {
  SettingWriter writer;
  visitSettings(settings, writer);
  if (!settings.model.empty()) visitTextSettings(settings, writer);
  return std::move(writer.result);
}

TrainSettings trainSettingsFromJson(const Json& json, std::string_view what) {
  TrainSettings settings;
  SettingReader reader(json, what);
  visitSettings(settings, reader);
  if (!settings.model.empty()) visitTextSettings(settings, reader);
  reader.finish([&settings] { checkTrainSettings(settings); });
  return settings;
}

}  // namespace featurescope
