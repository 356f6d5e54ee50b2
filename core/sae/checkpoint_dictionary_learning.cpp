// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/checkpoint_formats.h"
#include "core/tensorfile/tensor_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace featurescope {

namespace {

/// A class of dictionary.py or trainers/*.py, and the tensors that tell it from the others.
struct DictionaryClass {
  std::string_view name;
  std::vector<std::string_view> telling;
  std::vector<StoredParameter> stored;
  Architecture architecture = Architecture::Standard;
  bool subtractsDecoderBias = true;
};

/// The first whose telling tensors are all there is it; of the two with the same tensors, the
/// settings decide.
const std::array<DictionaryClass, 7>& dictionaryClasses() {
  static const std::array<DictionaryClass, 7> classes{{
      {"MatryoshkaBatchTopKSAE",
       {"W_enc", "group_sizes"},
       {{"W_enc", "W_enc"},
        {"W_dec", "W_dec"},
        {"b_enc", "b_enc"},
        {"b_dec", "b_dec"},
        {"threshold", "threshold"}},
       Architecture::BatchTopK},
      {"JumpReluAutoEncoder",
       {"W_enc", "threshold"},
       {{"W_enc", "W_enc"},
        {"W_dec", "W_dec"},
        {"b_enc", "b_enc"},
        {"b_dec", "b_dec"},
        {"threshold", "threshold"}},
       Architecture::JumpRelu,
       false},
      {"GatedAutoEncoder",
       {"encoder.weight", "gate_bias"},
       {{"W_enc", "encoder.weight", true},
        {"W_dec", "decoder.weight", true},
        {"b_enc", "gate_bias"},
        {"b_dec", "decoder_bias"},
        {"r_mag", "r_mag"},
        {"b_mag", "mag_bias"}},
       Architecture::Gated},
      {"BatchTopKSAE",
       {"encoder.weight", "k", "threshold"},
       {{"W_enc", "encoder.weight", true},
        {"W_dec", "decoder.weight", true},
        {"b_enc", "encoder.bias"},
        {"b_dec", "b_dec"},
        {"threshold", "threshold"}},
       Architecture::BatchTopK},
      {"AutoEncoderTopK",
       {"encoder.weight", "k"},
       {{"W_enc", "encoder.weight", true},
        {"W_dec", "decoder.weight", true},
        {"b_enc", "encoder.bias"},
        {"b_dec", "b_dec"}},
       Architecture::TopK},
      {"AutoEncoderNew",
       {"encoder.weight", "decoder.bias"},
       {{"W_enc", "encoder.weight", true},
        {"W_dec", "decoder.weight", true},
        {"b_enc", "encoder.bias"},
        {"b_dec", "decoder.bias"}},
       Architecture::Standard,
       false},
      {"AutoEncoder",
       {"encoder.weight", "bias"},
       {{"W_enc", "encoder.weight", true},
        {"W_dec", "decoder.weight", true},
        {"b_enc", "encoder.bias"},
        {"b_dec", "bias"}}},
  }};
  return classes;
}

/// An interrupted training keeps the SAE among the rest of its state.
std::string prefixOf(const TensorFile& weights) {
  const bool isState = weights.contains("ae.encoder.weight") || weights.contains("ae.W_enc");
  return isState ? "ae." : "";
}

std::string textOf(const TensorFile& weights, std::string_view key) {
  const auto found = weights.metadata().find(key);
  return found == weights.metadata().end() ? std::string() : found->second;
}

double scalarOf(const TensorFile& weights, const std::string& name, const std::string& what) {
  const Tensor tensor = weights.tensor(name);
  if (tensor.elements() != 1) {
    throw UserError(ErrorCode::ShapeMismatch, what,
                    fmt::format("its {} is {}, not a number", name, tensor.shapeText()));
  }
  return numbersOf(tensor).front();
}

/// A number of features or of groups' features.
std::int64_t checkedCount(double value, const std::string& name, const std::string& what) {
  constexpr double kMost = 1e15;
  if (!(value >= 0 && value < kMost && value == std::floor(value))) {
    throw UserError(ErrorCode::BadFile, what, fmt::format("its {} is {}", name, value));
  }
  return static_cast<std::int64_t>(value);
}

std::int64_t integerOf(const TensorFile& weights, const std::string& name,
                       const std::string& what) {
  return checkedCount(scalarOf(weights, name, what), name, what);
}

/// A tensor `threshold` that was not estimated yet, which only the top-k class can do without.
bool hasNoThreshold(const TensorFile& weights, const std::string& name, const std::string& what) {
  return !weights.contains(name) || scalarOf(weights, name, what) == -1;
}

const DictionaryClass* classNamed(std::string_view name) {
  const auto& classes = dictionaryClasses();
  const auto* const found =
      std::ranges::find_if(classes, [&](const DictionaryClass& c) { return c.name == name; });
  return found == classes.end() ? nullptr : found;
}

bool hasTensors(const DictionaryClass& candidate, const TensorFile& weights,
                const std::string& prefix) {
  return std::ranges::all_of(candidate.telling, [&](std::string_view tensor) {
    return weights.contains(fmt::format("{}{}", prefix, tensor));
  });
}

/// The class that the settings name, which must fit the tensors; else the one the tensors show.
const DictionaryClass& classOf(CheckpointInfo& info, const TensorFile& weights, const Json& trainer,
                               const std::string& prefix, const std::string& what) {
  std::string named = firstString(trainer, {"dict_class"}, what);
  if (named.empty()) named = textOf(weights, "config.dict_class");
  if (!named.empty()) {
    const DictionaryClass* wanted = classNamed(named);
    if (wanted == nullptr) refuseSetting(what, "dict_class", named);
    if (hasTensors(*wanted, weights, prefix)) return *wanted;
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("it lacks tensors of {}, the class that its settings name", named),
                    "its weights and its settings are not of the same SAE");
  }
  for (const DictionaryClass& candidate : dictionaryClasses()) {
    if (!hasTensors(candidate, weights, prefix)) continue;
    if (candidate.name != "BatchTopKSAE") return candidate;
    info.classIsGuessed = true;
    return hasNoThreshold(weights, prefix + "threshold", what) ? *classNamed("AutoEncoderTopK")
                                                               : candidate;
  }
  throw UserError(ErrorCode::Unsupported, what,
                  "its tensors are of none of dictionary_learning's classes that can be used");
}

std::vector<std::int64_t> groupSizes(const TensorFile& weights, const std::string& name,
                                     const std::string& what) {
  std::vector<std::int64_t> sizes;
  for (const double size : numbersOf(weights.tensor(name))) {
    sizes.push_back(checkedCount(size, name, what));
  }
  return sizes;
}

/// Absent, None or a number.
double normFactor(const TensorFile& weights, const std::string& what) {
  const std::string text = textOf(weights, "norm_factor");
  if (text.empty()) {
    return weights.contains("norm_factor") ? scalarOf(weights, "norm_factor", what) : 1;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !(value > 0) || !std::isfinite(value)) {
    throw UserError(ErrorCode::BadFile, what, fmt::format("its norm_factor is {}", text));
  }
  return value;
}

/// TransformerLens' name of what `submodule_name` and `layer` say, or empty.
std::string hookOf(const Json& trainer, const std::string& what) {
  const auto layer = optionalMember<std::int64_t>(trainer, "layer", what);
  const std::string part = firstString(trainer, {"submodule_name"}, what);
  if (!layer) return {};
  if (part.starts_with("resid_post")) return fmt::format("blocks.{}.hook_resid_post", *layer);
  if (part.starts_with("mlp_out")) return fmt::format("blocks.{}.hook_mlp_out", *layer);
  return {};
}

}  // namespace

void readDictionaryLearning(CheckpointInfo& info, const TensorFile& weights,
                            const std::string& what) {
  const std::string prefix = prefixOf(weights);
  const auto found = info.settings.find("trainer");
  const Json trainer = found != info.settings.end() && found->is_object() ? *found : Json::object();
  const DictionaryClass& dictionary = classOf(info, weights, trainer, prefix, what);
  info.className = dictionary.name;
  info.stored = dictionary.stored;
  for (StoredParameter& stored : info.stored) stored.tensor = prefix + stored.tensor;
  info.activation.architecture = dictionary.architecture;
  info.subtractsDecoderBias = dictionary.subtractsDecoderBias;
  if (weights.contains(prefix + "k")) info.activation.k = integerOf(weights, prefix + "k", what);
  if (weights.contains(prefix + "group_sizes")) {
    info.groups = groupSizes(weights, prefix + "group_sizes", what);
  }
  if (!prefix.empty()) info.biasFactor = normFactor(weights, what);
  info.hookName = hookOf(trainer, what);
  info.modelName = firstString(trainer, {"lm_name"}, what);
}

}  // namespace featurescope
