// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/tensorfile/torch_zip.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace featurescope {

namespace {

/// The version of SAELens whose layout this is; older readers expect a flat cfg.json.
constexpr const char* kSaeLensLayout = "6.0.0";

struct LayerAndPart {
  std::int64_t layer;
  std::string_view part;
};

/// "gpt_neox.layers.3.mlp.dense_4h_to_h" → 3, "mlp.dense_4h_to_h"
std::optional<LayerAndPart> splitModuleName(std::string_view name) {
  constexpr std::string_view kPrefix = "gpt_neox.layers.";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  LayerAndPart result{};
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), result.layer);
  if (error != std::errc{}) return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  if (name.starts_with('.')) name.remove_prefix(1);
  result.part = name;
  return result;
}

/// TransformerLens' name of a Hugging Face module's output, which SAELens hooks; the name as it is
/// where there is none.
std::string transformerLensName(const std::string& moduleName) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kParts{
      {{"", "hook_resid_post"},
       {"mlp.dense_4h_to_h", "hook_mlp_out"},
       {"mlp.dense_h_to_4h", "mlp.hook_pre"}}};
  if (const auto split = splitModuleName(moduleName)) {
    for (const auto& [part, hook] : kParts) {
      if (part == split->part) return fmt::format("blocks.{}.{}", split->layer, hook);
    }
  }
  return moduleName;
}

/// The order in which Neel Nanda's layout names the parameters.
std::vector<NamedTensor> namedTensors(const AutoencoderParameters& parameters) {
  return {{"W_enc", fromTorch(parameters.W_enc)},
          {"b_enc", fromTorch(parameters.b_enc)},
          {"W_dec", fromTorch(parameters.W_dec)},
          {"b_dec", fromTorch(parameters.b_dec)}};
}

std::vector<NamedTensor> saeLensTensors(const AutoencoderParameters& parameters,
                                        Architecture architecture) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : parameters.named()) {
    const bool isGate = architecture == Architecture::Gated && name == "b_enc";
    tensors.push_back({isGate ? "b_gate" : std::string(name), fromTorch(*tensor)});
  }
  return tensors;
}

Architecture saeLensArchitecture(Architecture architecture) {
  return architecture == Architecture::BatchTopK ? Architecture::JumpRelu : architecture;
}

Json saeLensSettings(const AutoencoderParameters& parameters, const CheckpointOrigin& origin,
                     Activation activation) {
  Json metadata = origin.extra;
  metadata["sae_lens_version"] = kSaeLensLayout;
  metadata["sae_lens_training_version"] = nullptr;
  metadata["model_name"] = origin.modelName;
  metadata["hook_name"] = transformerLensName(origin.hookName);
  metadata["hf_hook_name"] = origin.hookName;
  metadata["hook_head_index"] = nullptr;
  metadata["context_size"] = origin.context;
  metadata["prepend_bos"] = false;
  Json settings{{"architecture", name(saeLensArchitecture(activation.architecture))},
                {"d_in", parameters.width()},
                {"d_sae", parameters.features()},
                {"dtype", torchName(parameters.W_enc.scalar_type())},
                {"device", "cpu"},
                {"apply_b_dec_to_input", true},
                {"normalize_activations", "none"},
                {"reshape_activations", "none"},
                {"metadata", std::move(metadata)}};
  if (activation.architecture == Architecture::TopK) {
    settings["k"] = activation.k;
    settings["rescale_acts_by_decoder_norm"] = false;
  }
  return settings;
}

Json neelSettings(const AutoencoderParameters& parameters, const CheckpointOrigin& origin) {
  Json settings = origin.extra;
  settings["act_name"] = transformerLensName(origin.hookName);
  settings["hf_hook_name"] = origin.hookName;
  settings["model_name"] = origin.modelName;
  settings["act_size"] = parameters.width();
  settings["dict_size"] = parameters.features();
  settings["seq_len"] = origin.context;
  settings["enc_dtype"] = parameters.W_enc.scalar_type() == at::kFloat
                              ? std::string_view("fp32")
                              : torchName(parameters.W_enc.scalar_type());
  settings["device"] = "cpu";
  return settings;
}

}  // namespace

void saveSaeLens(const std::filesystem::path& folder, const AutoencoderParameters& parameters,
                 const CheckpointOrigin& origin, Activation activation) {
  AtomicFolder target(folder);
  writeSafetensors(target.path() / "sae_weights.safetensors",
                   saeLensTensors(parameters, activation.architecture));
  writeJson(target.path() / "cfg.json", saeLensSettings(parameters, origin, activation));
  target.commit();
}

void saveNeel(const std::filesystem::path& folder, const std::string& name,
              const AutoencoderParameters& parameters, const CheckpointOrigin& origin) {
  AtomicFolder target(folder);
  writeTorchZip(target.path() / (name + ".pt"), namedTensors(parameters));
  writeJson(target.path() / (name + "_cfg.json"), neelSettings(parameters, origin));
  target.commit();
}

}  // namespace featurescope
