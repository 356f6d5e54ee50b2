// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/tensorfile/torch_zip.h"

#include <fmt/format.h>

#include <algorithm>
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

/// "gpt_neox.layers.", "gpt_neox.layers.3.mlp.dense_4h_to_h" → 3, "mlp.dense_4h_to_h"
std::optional<LayerAndPart> splitAfter(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  LayerAndPart result{};
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), result.layer);
  if (error != std::errc{}) return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  if (name.starts_with('.')) name.remove_prefix(1);
  result.part = name;
  return result;
}

/// What SAELens hooks: TransformerLens' name of a Hugging Face module's output. And
/// dictionary_learning's habit of naming it.
struct HookNames {
  std::string_view module, hook, submodule;
};
constexpr std::array<HookNames, 3> kHooks{{{"", "hook_resid_post", "resid_post"},
                                           {"mlp.dense_4h_to_h", "hook_mlp_out", "mlp_out"},
                                           {"mlp.dense_h_to_4h", "mlp.hook_pre", "mlp_pre"}}};

/// One site by its several names.
struct SavedSite {
  std::string module, hook;  ///< the same where only one name is known
  std::optional<std::int64_t> layer;
  std::string submodule;
};

/// From a module's name or TransformerLens' of a hook.
SavedSite siteOf(const std::string& name) {
  for (const std::string_view prefix : {"gpt_neox.layers.", "blocks."}) {
    const auto split = splitAfter(prefix, name);
    if (!split) continue;
    for (const HookNames& names : kHooks) {
      if (split->part != (prefix == "blocks." ? names.hook : names.module)) continue;
      const std::string layer = std::to_string(split->layer);
      const std::string module = names.module.empty() ? "" : fmt::format(".{}", names.module);
      return {fmt::format("gpt_neox.layers.{}{}", layer, module),
              fmt::format("blocks.{}.{}", layer, names.hook), split->layer,
              fmt::format("{}_layer_{}", names.submodule, layer)};
    }
  }
  return {name, name, std::nullopt, name};
}

/// The order in which Neel Nanda's layout names the parameters.
std::vector<NamedTensor> namedTensors(const AutoencoderParameters& parameters) {
  return {{"W_enc", fromTorch(parameters.W_enc)},
          {"b_enc", fromTorch(parameters.b_enc)},
          {"W_dec", fromTorch(parameters.W_dec)},
          {"b_dec", fromTorch(parameters.b_dec)}};
}

/// One threshold of all features as a vector of it.
at::Tensor perFeature(const at::Tensor& threshold, const AutoencoderParameters& parameters) {
  return threshold.reshape({-1}).expand({parameters.features()});
}

std::vector<NamedTensor> saeLensTensors(const AutoencoderParameters& parameters,
                                        Architecture architecture) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : parameters.named()) {
    const bool isGate = architecture == Architecture::Gated && name == "b_enc";
    const at::Tensor saved = name == "threshold" ? perFeature(*tensor, parameters) : *tensor;
    tensors.push_back({isGate ? "b_gate" : std::string(name), fromTorch(saved)});
  }
  return tensors;
}

Architecture saeLensArchitecture(Architecture architecture) {
  return architecture == Architecture::BatchTopK ? Architecture::JumpRelu : architecture;
}

Json contextOf(const CheckpointOrigin& origin) {
  return origin.context > 0 ? Json(origin.context) : Json(nullptr);
}

Json saeLensSettings(const AutoencoderParameters& parameters, const CheckpointOrigin& origin,
                     Activation activation, const InputForm& form) {
  const SavedSite site = siteOf(origin.hookName);
  Json metadata = origin.extra;
  metadata["sae_lens_version"] = kSaeLensLayout;
  metadata["sae_lens_training_version"] = nullptr;
  metadata["model_name"] = origin.modelName;
  metadata["hook_name"] = site.hook;
  metadata["hf_hook_name"] = site.module;
  metadata["hook_head_index"] = nullptr;
  metadata["context_size"] = contextOf(origin);
  metadata["prepend_bos"] = false;
  Json settings{{"architecture", name(saeLensArchitecture(activation.architecture))},
                {"d_in", parameters.width()},
                {"d_sae", parameters.features()},
                {"dtype", torchName(parameters.W_enc.scalar_type())},
                {"device", "cpu"},
                {"apply_b_dec_to_input", form.subtractsDecoderBias},
                {"normalize_activations", name(form.normalisation)},
                {"reshape_activations", "none"},
                {"metadata", std::move(metadata)}};
  if (activation.architecture == Architecture::TopK) {
    settings["k"] = activation.k;
    settings["rescale_acts_by_decoder_norm"] = form.scalesByDecoderNorm;
  }
  return settings;
}

Json neelSettings(const AutoencoderParameters& parameters, const CheckpointOrigin& origin) {
  Json settings = origin.extra;
  const SavedSite site = siteOf(origin.hookName);
  settings["act_name"] = site.hook;
  settings["hf_hook_name"] = site.module;
  settings["model_name"] = origin.modelName;
  settings["act_size"] = parameters.width();
  settings["dict_size"] = parameters.features();
  settings["seq_len"] = contextOf(origin);
  settings["enc_dtype"] = parameters.W_enc.scalar_type() == at::kFloat
                              ? std::string_view("fp32")
                              : torchName(parameters.W_enc.scalar_type());
  settings["device"] = "cpu";
  return settings;
}

Json sparsifySettings(const AutoencoderParameters& parameters, const CheckpointOrigin& origin,
                      std::int64_t k, bool isTranscoder) {
  return {
      {"activation", "topk"},
      {"expansion_factor", std::max<std::int64_t>(1, parameters.features() / parameters.width())},
      {"normalize_decoder", true},
      {"num_latents", parameters.features()},
      {"k", k},
      {"multi_topk", false},
      {"skip_connection", parameters.W_skip.defined()},
      {"transcode", isTranscoder},
      {"d_in", parameters.width()},
      {"hookpoint", siteOf(origin.hookName).module}};
}

/// The tensors of one of dictionary_learning's classes, under its names.
struct Dictionary {
  std::string_view className, trainer;
  std::vector<NamedTensor> tensors;
};

NamedTensor turned(const char* name, const at::Tensor& matrix) {
  return {name, fromTorch(matrix.t())};
}

NamedTensor kTensor(std::int64_t k) { return {"k", fromTorch(at::scalar_tensor(k, at::kInt))}; }

Dictionary matryoshka(const AutoencoderParameters& p, std::int64_t k,
                      const std::vector<std::int64_t>& groups) {
  return {"MatryoshkaBatchTopKSAE",
          "MatryoshkaBatchTopKTrainer",
          {{"W_enc", fromTorch(p.W_enc)},
           {"b_enc", fromTorch(p.b_enc)},
           {"W_dec", fromTorch(p.W_dec)},
           {"b_dec", fromTorch(p.b_dec)},
           kTensor(k),
           {"threshold", fromTorch(p.threshold.flatten()[0])},
           {"group_sizes", fromTorch(at::tensor(groups, at::kLong))}}};
}

Dictionary dictionaryOf(const AutoencoderParameters& p, Activation activation,
                        bool subtractsDecoderBias) {
  switch (activation.architecture) {
    case Architecture::Standard:
      return {subtractsDecoderBias ? "AutoEncoder" : "AutoEncoderNew",
              "StandardTrainer",
              {{subtractsDecoderBias ? "bias" : "decoder.bias", fromTorch(p.b_dec)},
               turned("encoder.weight", p.W_enc),
               {"encoder.bias", fromTorch(p.b_enc)},
               turned("decoder.weight", p.W_dec)}};
    case Architecture::TopK:
    case Architecture::BatchTopK: {
      const bool isBatch = activation.architecture == Architecture::BatchTopK;
      const at::Tensor unset = at::scalar_tensor(-1, at::kFloat);
      return {isBatch ? "BatchTopKSAE" : "AutoEncoderTopK",
              isBatch ? "BatchTopKTrainer" : "TopKTrainer",
              {{"b_dec", fromTorch(p.b_dec)},
               kTensor(activation.k),
               {"threshold", fromTorch(isBatch ? p.threshold.flatten()[0] : unset)},
               turned("decoder.weight", p.W_dec),
               turned("encoder.weight", p.W_enc),
               {"encoder.bias", fromTorch(p.b_enc)}}};
    }
    case Architecture::JumpRelu:
      return {"JumpReluAutoEncoder",
              "JumpReluTrainer",
              {{"W_enc", fromTorch(p.W_enc)},
               {"b_enc", fromTorch(p.b_enc)},
               {"W_dec", fromTorch(p.W_dec)},
               {"b_dec", fromTorch(p.b_dec)},
               {"threshold", fromTorch(perFeature(p.threshold, p))}}};
    case Architecture::Gated:
      return {"GatedAutoEncoder",
              "GatedSAETrainer",
              {{"decoder_bias", fromTorch(p.b_dec)},
               {"r_mag", fromTorch(p.r_mag)},
               {"gate_bias", fromTorch(p.b_enc)},
               {"mag_bias", fromTorch(p.b_mag)},
               turned("encoder.weight", p.W_enc),
               turned("decoder.weight", p.W_dec)}};
  }
  return {};
}

Json dictionarySettings(const AutoencoderParameters& parameters, const CheckpointOrigin& origin,
                        const Dictionary& dictionary, std::int64_t k) {
  const SavedSite site = siteOf(origin.hookName);
  Json trainer{{"dict_class", dictionary.className},
               {"trainer_class", dictionary.trainer},
               {"activation_dim", parameters.width()},
               {"dict_size", parameters.features()},
               {"layer", site.layer ? Json(*site.layer) : Json(nullptr)},
               {"lm_name", origin.modelName},
               {"submodule_name", site.submodule}};
  if (k > 0) trainer["k"] = k;
  return {{"trainer", std::move(trainer)}, {"buffer", {{"ctx_len", contextOf(origin)}}}};
}

}  // namespace

void saveSaeLens(const std::filesystem::path& folder, const AutoencoderParameters& parameters,
                 const CheckpointOrigin& origin, Activation activation, InputForm form) {
  AtomicFolder target(folder);
  writeSafetensors(target.path() / "sae_weights.safetensors",
                   saeLensTensors(parameters, activation.architecture));
  writeJson(target.path() / "cfg.json", saeLensSettings(parameters, origin, activation, form));
  target.commit();
}

void saveSparsify(const std::filesystem::path& folder, const AutoencoderParameters& parameters,
                  const CheckpointOrigin& origin, std::int64_t k, bool isTranscoder) {
  std::vector<NamedTensor> tensors{turned("encoder.weight", parameters.W_enc),
                                   {"encoder.bias", fromTorch(parameters.b_enc)},
                                   {"W_dec", fromTorch(parameters.W_dec)},
                                   {"b_dec", fromTorch(parameters.b_dec)}};
  if (parameters.W_skip.defined()) tensors.push_back(turned("W_skip", parameters.W_skip));
  AtomicFolder target(folder);
  writeSafetensors(target.path() / "sae.safetensors", tensors);
  writeJson(target.path() / "cfg.json", sparsifySettings(parameters, origin, k, isTranscoder));
  target.commit();
}

void saveDictionaryLearning(const std::filesystem::path& folder,
                            const AutoencoderParameters& parameters, const CheckpointOrigin& origin,
                            Activation activation, bool subtractsDecoderBias,
                            const std::vector<std::int64_t>& groups) {
  const Dictionary dictionary = groups.empty()
                                    ? dictionaryOf(parameters, activation, subtractsDecoderBias)
                                    : matryoshka(parameters, activation.k, groups);
  AtomicFolder target(folder);
  writeTorchZip(target.path() / "ae.pt", dictionary.tensors);
  writeJson(target.path() / "config.json",
            dictionarySettings(parameters, origin, dictionary, activation.k));
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
