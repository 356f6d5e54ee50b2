// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/neox_config.h"

#include <array>
#include <cmath>
#include <limits>

namespace featurescope {

namespace {

struct ActivationName {
  std::string_view name;
  HiddenActivation activation;
};

/// transformers' names; gelu_new is the same function as gelu_pytorch_tanh.
constexpr std::array kActivations{
    ActivationName{"gelu", HiddenActivation::Gelu},
    ActivationName{"gelu_pytorch_tanh", HiddenActivation::GeluTanh},
    ActivationName{"gelu_new", HiddenActivation::GeluTanh},
    ActivationName{"gelu_fast", HiddenActivation::GeluFast},
};

HiddenActivation activationNamed(const std::string& wanted, const std::string& what) {
  for (const auto& known : kActivations) {
    if (known.name == wanted) return known.activation;
  }
  throw UserError(ErrorCode::Unsupported, what,
                  "its \"hidden_act\" is \"" + wanted +
                      "\"; known are gelu, gelu_new, gelu_fast and gelu_pytorch_tanh");
}

std::string_view nameOf(HiddenActivation activation) {
  for (const auto& known : kActivations) {
    if (known.activation == activation) return known.name;
  }
  return "gelu";
}

/// Room for the blocks is made before the first of their weights is found to be missing.
constexpr std::int64_t kMostLayers = 10'000;

/// A size: positive, and small enough that products of a few of them do not overflow.
std::int64_t sizeMember(const Json& config, std::string_view key, const std::string& what,
                        std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
  const auto size = member<std::int64_t>(config, key, what);
  if (size < 1 || size > most) {
    throw UserError(ErrorCode::BadFile, what,
                    "its \"" + std::string(key) + "\" is " + std::to_string(size));
  }
  return size;
}

/// Refuses every rotary scaling; absent, null and the type "default" mean none.
void refuseScaling(const Json& settings, const std::string& key, const std::string& what) {
  for (const char* typeKey : {"rope_type", "type"}) {
    const auto type = optionalMember<std::string>(settings, typeKey, what);
    if (type && *type != "default") {
      throw UserError(ErrorCode::Unsupported, what,
                      "its \"" + key + "\" asks for rotary scaling of type \"" + *type + "\"");
    }
  }
}

/// The object under `key`, or an empty one where it is absent or null.
Json objectMember(const Json& config, const std::string& key, const std::string& what) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return Json::object();
  if (!found->is_object()) {
    throw UserError(ErrorCode::BadFile, what, "its \"" + key + "\" is not an object");
  }
  return *found;
}

void readRotary(const Json& config, const std::string& what, NeoxConfig& result) {
  result.rotaryFraction = memberOr(config, "rotary_pct", result.rotaryFraction, what);
  result.rotaryBase = memberOr(config, "rotary_emb_base", result.rotaryBase, what);
  // transformers 5 keeps both in one object, which wins; older files may say scaling elsewhere.
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const Json settings = objectMember(config, key, what);
    refuseScaling(settings, key, what);
    result.rotaryFraction =
        memberOr(settings, "partial_rotary_factor", result.rotaryFraction, what);
    result.rotaryBase = memberOr(settings, "rope_theta", result.rotaryBase, what);
  }
  if (!(result.rotaryFraction >= 0 && result.rotaryFraction <= 1)) {
    throw UserError(ErrorCode::BadFile, what, "its rotary fraction is not between 0 and 1");
  }
  if (!(result.rotaryBase > 0 && std::isfinite(result.rotaryBase))) {
    throw UserError(ErrorCode::BadFile, what, "its rotary base is not a positive number");
  }
  if (result.rotaryWidth() % 2 != 0) {
    throw UserError(ErrorCode::Unsupported, what,
                    "its rotary width is odd: " + std::to_string(result.rotaryWidth()) + " of " +
                        std::to_string(result.headWidth()) + " dimensions of a head");
  }
}

}  // namespace

std::int64_t NeoxConfig::rotaryWidth() const {
  return static_cast<std::int64_t>(static_cast<double>(headWidth()) * rotaryFraction);
}

NeoxConfig NeoxConfig::parse(const Json& config, const std::string& what) {
  if (!config.is_object()) throw UserError(ErrorCode::BadFile, what, "it is not a JSON object");
  const auto type = memberOr<std::string>(config, "model_type", "gpt_neox", what);
  if (type != "gpt_neox") {
    throw UserError(ErrorCode::Unsupported, what, "it describes a \"" + type + "\" model",
                    "Featurescope reads GPT-NeoX models such as Pythia");
  }
  NeoxConfig result;
  result.layers = sizeMember(config, "num_hidden_layers", what, kMostLayers);
  result.width = sizeMember(config, "hidden_size", what);
  result.heads = sizeMember(config, "num_attention_heads", what);
  result.innerWidth = sizeMember(config, "intermediate_size", what);
  result.vocabulary = sizeMember(config, "vocab_size", what);
  if (config.contains("max_position_embeddings")) {
    result.maxPositions = sizeMember(config, "max_position_embeddings", what);
  }
  if (result.width % result.heads != 0) {
    throw UserError(ErrorCode::BadFile, what,
                    "its \"hidden_size\" " + std::to_string(result.width) +
                        " is not a multiple of its \"num_attention_heads\" " +
                        std::to_string(result.heads));
  }
  readRotary(config, what, result);
  result.layerNormEpsilon = memberOr(config, "layer_norm_eps", result.layerNormEpsilon, what);
  if (!(result.layerNormEpsilon >= 0 && std::isfinite(result.layerNormEpsilon))) {
    throw UserError(ErrorCode::BadFile, what, "its \"layer_norm_eps\" is negative");
  }
  result.parallelResidual = memberOr(config, "use_parallel_residual", true, what);
  result.attentionBias = memberOr(config, "attention_bias", true, what);
  result.tiedEmbeddings = memberOr(config, "tie_word_embeddings", false, what);
  result.activation =
      activationNamed(memberOr<std::string>(config, "hidden_act", "gelu", what), what);
  result.torchDtype = memberOr<std::string>(
      config, "dtype", memberOr(config, "torch_dtype", result.torchDtype, what), what);
  return result;
}

NeoxConfig NeoxConfig::load(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  return parse(readJson(path), "cannot read " + path.string());
}

Json NeoxConfig::toJson() const {
  return {{"architectures", {"GPTNeoXForCausalLM"}},
          {"model_type", "gpt_neox"},
          {"num_hidden_layers", layers},
          {"hidden_size", width},
          {"num_attention_heads", heads},
          {"intermediate_size", innerWidth},
          {"vocab_size", vocabulary},
          {"max_position_embeddings", maxPositions},
          {"rotary_pct", rotaryFraction},
          {"rotary_emb_base", rotaryBase},
          {"layer_norm_eps", layerNormEpsilon},
          {"use_parallel_residual", parallelResidual},
          {"attention_bias", attentionBias},
          {"tie_word_embeddings", tiedEmbeddings},
          {"hidden_act", nameOf(activation)},
          {"hidden_dropout", 0.0},
          {"attention_dropout", 0.0},
          {"initializer_range", 0.02},
          {"bos_token_id", 0},
          {"eos_token_id", 0},
          {"torch_dtype", torchDtype}};
}

}  // namespace featurescope
