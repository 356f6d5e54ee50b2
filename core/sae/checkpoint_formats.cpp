// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/checkpoint_formats.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <charconv>

namespace featurescope {

namespace {

/// A number among a pickle's texts.
std::optional<std::int64_t> integerOf(const TensorFile& weights, std::string_view key) {
  const auto found = weights.metadata().find(key);
  if (found == weights.metadata().end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string textOf(const TensorFile& weights, std::string_view key) {
  const auto found = weights.metadata().find(key);
  return found == weights.metadata().end() ? std::string() : found->second;
}

}  // namespace

std::string firstString(const Json& object, std::initializer_list<std::string_view> keys,
                        const std::string& what) {
  for (const std::string_view key : keys) {
    if (auto text = optionalMember<std::string>(object, key, what)) return *text;
  }
  return {};
}

void refuseSetting(const std::string& what, std::string_view setting, std::string_view value) {
  throw UserError(ErrorCode::Unsupported, what, fmt::format("its {} is {}", setting, value),
                  "standard, topk, batchtopk, matryoshka, jumprelu and gated SAEs can be used");
}

std::int64_t checkedK(std::optional<std::int64_t> k, const std::string& what) {
  if (k && *k >= 0) return *k;
  throw UserError(ErrorCode::BadFile, what,
                  k ? fmt::format("its k is {}", *k)
                    : std::string("it is a topk SAE, but its settings name no k"));
}

void readSparsify(CheckpointInfo& info, const TensorFile& weights, const std::string& what) {
  const Json& settings = info.settings;
  if (!info.settingsPath) {
    throw UserError(ErrorCode::NotFound, what, "there is no cfg.json beside its weights",
                    "it says how many features of a token are active");
  }
  const auto activation = memberOr<std::string>(settings, "activation", "topk", what);
  if (activation != "topk") refuseSetting(what, "activation", activation);
  if (memberOr(settings, "signed", false, what)) refuseSetting(what, "signed", "true");
  info.activation = {Architecture::TopK,
                     checkedK(optionalMember<std::int64_t>(settings, "k", what), what)};
  info.isTranscoder = memberOr(settings, "transcode", false, what);
  info.subtractsDecoderBias = !info.isTranscoder;
  info.stored = {{"W_enc", "encoder.weight", true},
                 {"W_dec", "W_dec"},
                 {"b_enc", "encoder.bias"},
                 {"b_dec", "b_dec"}};
  const bool hasSkip = weights.contains("W_skip");
  if (hasSkip != memberOr(settings, "skip_connection", hasSkip, what)) {
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("it has {} tensor W_skip, against its settings' skip_connection",
                                hasSkip ? "a" : "no"),
                    "its weights and its settings are not of the same SAE");
  }
  if (hasSkip) info.stored.push_back({"W_skip", "W_skip", true});
  info.hookName = firstString(settings, {"hookpoint"}, what);
}

void readNeel(CheckpointInfo& info, const TensorFile& /*weights*/, const std::string& what) {
  info.stored = {{"W_enc", "W_enc"}, {"W_dec", "W_dec"}, {"b_enc", "b_enc"}, {"b_dec", "b_dec"}};
  info.hookName = firstString(info.settings, {"act_name", "hf_hook_name"}, what);
  if (info.hookName.empty()) {
    const auto layer = optionalMember<std::int64_t>(info.settings, "layer", what);
    const std::string site = firstString(info.settings, {"site"}, what);
    if (layer && site == "mlp_out") info.hookName = fmt::format("blocks.{}.hook_mlp_out", *layer);
  }
  info.modelName = firstString(info.settings, {"model_name"}, what);
}

void readOpenAi(CheckpointInfo& info, const TensorFile& weights, const std::string& what) {
  const std::string activation = textOf(weights, "activation");
  if (activation == "TopK") {
    const std::string after = textOf(weights, "activation_state_dict.postact_fn");
    if (!after.empty() && after != "ReLU") refuseSetting(what, "activation", "TopK, " + after);
    info.activation = {Architecture::TopK,
                       checkedK(integerOf(weights, "activation_state_dict.k"), what)};
    info.normalisation = InputNormalisation::LayerNorm;
  } else if (activation != "ReLU") {
    refuseSetting(what, "activation", activation.empty() ? "not named" : activation);
  }
  info.stored = {{"W_enc", "encoder.weight", true},
                 {"W_dec", "decoder.weight", true},
                 {"b_enc", "latent_bias"},
                 {"b_dec", "pre_bias"}};
}

void readGemmaScope(CheckpointInfo& info, const TensorFile& /*weights*/,
                    const std::string& /*what*/) {
  info.activation = {Architecture::JumpRelu, 0};
  info.subtractsDecoderBias = false;
  info.stored = {{"W_enc", "W_enc"},
                 {"W_dec", "W_dec"},
                 {"b_enc", "b_enc"},
                 {"b_dec", "b_dec"},
                 {"threshold", "threshold"}};
}

}  // namespace featurescope
