// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/checkpoint_formats.h"
#include "core/tensorfile/tensor_numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace featurescope {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAverageNorm = "expected_average_only_in";

/// Version 6 keeps the origin in `metadata`, earlier ones beside the rest.
const Json& originOf(const Json& settings) {
  const auto metadata = settings.find("metadata");
  return metadata != settings.end() && metadata->is_object() ? *metadata : settings;
}

/// May be a name, null, or, in old files, whether to normalise at all.
std::string normalisationName(const Json& settings) {
  const auto found = settings.find("normalize_activations");
  if (found == settings.end() || found->is_null()) return "none";
  if (found->is_boolean()) return std::string(found->get<bool>() ? kAverageNorm : "none");
  return found->is_string() ? found->get<std::string>() : found->dump();
}

/// The factor of a training state whose scale was not folded into the weights yet.
void readInputFactor(CheckpointInfo& info, const std::string& normalisation,
                     const std::string& what) {
  const fs::path path = info.weightsPath.parent_path() / "activation_scaler.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  const auto factor = optionalMember<double>(readJson(path), "scaling_factor", path.string());
  if (!factor || *factor == 1.0) return;
  if (normalisation != kAverageNorm || !(*factor > 0)) {
    refuseSetting(what, "activation_scaler.json's scaling_factor",
                  fmt::format("{}, beside normalize_activations {}", *factor, normalisation));
  }
  info.inputFactor = *factor;
  info.scalePath = path;
}

void readNormalisation(CheckpointInfo& info, const std::string& what) {
  const std::string kind = normalisationName(info.settings);
  if (kind == name(InputNormalisation::LayerNorm)) {
    info.normalisation = InputNormalisation::LayerNorm;
  } else if (kind == name(InputNormalisation::ConstantNorm)) {
    info.normalisation = InputNormalisation::ConstantNorm;
  } else if (kind != "none" && kind != kAverageNorm) {
    refuseSetting(what, "normalize_activations", kind);
  }
  readInputFactor(info, kind, what);
}

/// The k of a top-k SAE: beside the rest in version 6, among the activation function's arguments
/// before.
std::int64_t readK(const Json& settings, const std::string& what) {
  auto k = optionalMember<std::int64_t>(settings, "k", what);
  const auto arguments = settings.find("activation_fn_kwargs");
  if (!k && arguments != settings.end() && arguments->is_object()) {
    k = optionalMember<std::int64_t>(*arguments, "k", what);
  }
  return checkedK(k, what);
}

Activation activationOf(const Json& settings, const std::string& what) {
  const std::string function = firstString(settings, {"activation_fn", "activation_fn_str"}, what);
  auto kind = memberOr<std::string>(settings, "architecture", "standard", what);
  // Before version 6 a top-k SAE was a standard one with another function.
  if (function == "topk" && kind == "standard") kind = "topk";
  const bool fits =
      function.empty() || function == "relu" || (function == "topk" && kind == "topk");
  if (!fits) refuseSetting(what, "activation function", function);
  const auto architecture = architectureNamed(kind);
  // A batchtopk of SAELens is a training state; what it saves for use is a jumprelu.
  if (!architecture || *architecture == Architecture::BatchTopK) {
    refuseSetting(what, "architecture", kind);
  }
  return {*architecture, *architecture == Architecture::TopK ? readK(settings, what) : 0};
}

std::vector<StoredParameter> storedParameters(Architecture architecture) {
  const bool isGated = architecture == Architecture::Gated;
  std::vector<StoredParameter> stored{{"W_enc", "W_enc"},
                                      {"W_dec", "W_dec"},
                                      {"b_enc", isGated ? "b_gate" : "b_enc"},
                                      {"b_dec", "b_dec"}};
  if (architecture == Architecture::JumpRelu) stored.push_back({"threshold", "threshold"});
  if (isGated) {
    stored.push_back({"r_mag", "r_mag"});
    stored.push_back({"b_mag", "b_mag"});
  }
  return stored;
}

/// Tensors that only another architecture than the settings' has: one of the two files is wrong.
void checkNothingElse(const CheckpointInfo& info, const TensorFile& weights,
                      const std::string& what) {
  if (weights.contains("b_dec_out")) refuseSetting(what, "tensor b_dec_out", "a transcoder's");
  if (weights.contains("W_skip")) refuseSetting(what, "tensor W_skip", "a skip transcoder's");
  for (const std::string_view name : {"threshold", "b_gate", "b_mag", "r_mag"}) {
    if (!weights.contains(name)) continue;
    const bool expected = std::ranges::any_of(
        info.stored, [&](const StoredParameter& stored) { return stored.tensor == name; });
    if (expected) continue;
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("it has a tensor {}, but is a {} SAE by its settings", name,
                                featurescope::name(info.activation.architecture)),
                    "its weights and its settings are not of the same SAE");
  }
}

/// SAELens wrote scaling_factor for a while without using it: other than all ones it counts only
/// where the settings say so.
void readDecoderRowFactor(CheckpointInfo& info, const TensorFile& weights,
                          const std::string& what) {
  for (const char* name : {"scaling_factor", "finetuning_scaling_factor"}) {
    if (!weights.contains(name)) continue;
    const bool isOne = std::ranges::all_of(numbersOf(weights.tensor(name)),
                                           [](double factor) { return factor == 1; });
    if (isOne) return;
    if (!memberOr(info.settings, "finetuning_scaling_factor", false, what)) {
      throw UserError(ErrorCode::Unsupported, what,
                      fmt::format("its features have a {} other than 1", name),
                      "its cfg.json does not say finetuning_scaling_factor: fold it into W_dec, or "
                      "remove it");
    }
    info.decoderRowFactor = name;
  }
}

std::optional<fs::path> sparsityBeside(const CheckpointInfo& info) {
  fs::path path = info.weightsPath.parent_path() / "sparsity.safetensors";
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace

void readSaeLens(CheckpointInfo& info, const TensorFile& weights, const std::string& what) {
  if (!info.settingsPath) {
    // Without it a top-k SAE would pass for a standard one: their tensors have the same names.
    throw UserError(ErrorCode::NotFound, what, "there is no cfg.json beside its weights",
                    "it says which kind of SAE the weights belong to");
  }
  const Json& settings = info.settings;
  info.activation = activationOf(settings, what);
  info.stored = storedParameters(info.activation.architecture);
  checkNothingElse(info, weights, what);
  info.scalesByDecoderNorm = info.activation.architecture == Architecture::TopK &&
                             memberOr(settings, "rescale_acts_by_decoder_norm", false, what);
  readNormalisation(info, what);
  readDecoderRowFactor(info, weights, what);
  info.sparsityPath = sparsityBeside(info);

  info.subtractsDecoderBias = memberOr(settings, "apply_b_dec_to_input", true, what);
  const Json& origin = originOf(settings);
  info.hookName = firstString(origin, {"hook_name", "hook_point", "hf_hook_name"}, what);
  info.modelName = firstString(origin, {"model_name"}, what);
}

}  // namespace featurescope
