// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/checkpoint_settings.h"

#include "core/base/error.h"

#include <fmt/format.h>

namespace featurescope {

namespace {

/// A string at any of several keys (the spellings of different versions); the first wins.
std::string firstString(const Json& object, std::initializer_list<std::string_view> keys,
                        const std::string& what) {
  for (const std::string_view key : keys) {
    if (auto text = optionalMember<std::string>(object, key, what)) return *text;
  }
  return {};
}

/// Version 6 keeps the origin in `metadata`, earlier ones beside the rest.
const Json& originOf(const Json& settings) {
  const auto metadata = settings.find("metadata");
  return metadata != settings.end() && metadata->is_object() ? *metadata : settings;
}

/// May be a name, null, or, in old files, whether to normalise at all.
std::string normalisation(const Json& settings) {
  const auto found = settings.find("normalize_activations");
  if (found == settings.end() || found->is_null()) return "none";
  if (found->is_boolean()) return found->get<bool>() ? "expected_average_only_in" : "none";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

[[noreturn]] void refuse(const std::string& what, std::string_view setting,
                         const std::string& value) {
  throw UserError(ErrorCode::Unsupported, what, fmt::format("its {} is {}", setting, value),
                  "standard, topk, jumprelu and gated SAEs without a normalisation of their input "
                  "can be used");
}

/// Settings written by SAELens' own trainer before the scale was folded into the weights.
void refuseUnfoldedScale(const CheckpointInfo& info, const std::string& what) {
  const auto path = info.weightsPath.parent_path() / "activation_scaler.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  const auto factor = optionalMember<double>(readJson(path), "scaling_factor", path.string());
  if (factor && *factor != 1.0)
    refuse(what, "activation_scaler.json's scaling_factor", fmt::format("{}", *factor));
}

/// The k of a top-k SAE: beside the rest in version 6, among the activation function's arguments
/// before.
std::int64_t readK(const Json& settings, const std::string& what) {
  auto k = optionalMember<std::int64_t>(settings, "k", what);
  const auto arguments = settings.find("activation_fn_kwargs");
  if (!k && arguments != settings.end() && arguments->is_object()) {
    k = optionalMember<std::int64_t>(*arguments, "k", what);
  }
  if (!k || *k < 0) {
    throw UserError(ErrorCode::BadFile, what,
                    k ? fmt::format("its k is {}", *k)
                      : std::string("it is a topk SAE, but its settings name no k"));
  }
  return *k;
}

Activation activationOf(const Json& settings, const std::string& what) {
  const std::string function = firstString(settings, {"activation_fn", "activation_fn_str"}, what);
  auto kind = memberOr<std::string>(settings, "architecture", "standard", what);
  // Before version 6 a top-k SAE was a standard one with another function.
  if (function == "topk" && kind == "standard") kind = "topk";
  const bool fits =
      function.empty() || function == "relu" || (function == "topk" && kind == "topk");
  if (!fits) refuse(what, "activation function", function);
  const auto architecture = architectureNamed(kind);
  // A batchtopk of SAELens is a training state; what it saves for use is a jumprelu.
  if (!architecture || *architecture == Architecture::BatchTopK) {
    refuse(what, "architecture", kind);
  }
  return {*architecture, *architecture == Architecture::TopK ? readK(settings, what) : 0};
}

}  // namespace

void readSaeLensSettings(CheckpointInfo& info, const std::string& what) {
  const Json& settings = info.settings;
  info.activation = activationOf(settings, what);
  info.scalesByDecoderNorm = info.activation.architecture == Architecture::TopK &&
                             memberOr(settings, "rescale_acts_by_decoder_norm", false, what);
  if (const std::string kind = normalisation(settings); kind != "none") {
    refuse(what, "normalize_activations", kind);
  }
  refuseUnfoldedScale(info, what);

  info.subtractsDecoderBias = memberOr(settings, "apply_b_dec_to_input", true, what);
  const Json& origin = originOf(settings);
  info.hookName = firstString(origin, {"hook_name", "hook_point", "hf_hook_name"}, what);
  info.modelName = firstString(origin, {"model_name"}, what);
}

void readNeelSettings(CheckpointInfo& info, const std::string& what) {
  info.hookName = firstString(info.settings, {"act_name", "hf_hook_name"}, what);
  if (info.hookName.empty()) {
    const auto layer = optionalMember<std::int64_t>(info.settings, "layer", what);
    const std::string site = firstString(info.settings, {"site"}, what);
    if (layer && site == "mlp_out") info.hookName = fmt::format("blocks.{}.hook_mlp_out", *layer);
  }
  info.modelName = firstString(info.settings, {"model_name"}, what);
}

}  // namespace featurescope
