// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/lm/neox_tensors_torch.h"

namespace featurescope {

namespace {

using W = NeoxLayerWeights;

std::int64_t width(const NeoxConfig& config) { return config.width; }
std::int64_t threeWidths(const NeoxConfig& config) { return 3 * config.width; }
std::int64_t inner(const NeoxConfig& config) { return config.innerWidth; }

}  // namespace

const std::array<LayerTensor, 12> kLayerTensors{{
    {"input_layernorm.weight", &W::inputNormWeight, BlockPart::Attention, width, nullptr},
    {"input_layernorm.bias", &W::inputNormBias, BlockPart::Attention, width, nullptr},
    {"attention.query_key_value.weight", &W::qkvWeight, BlockPart::Attention, threeWidths, width},
    {"attention.query_key_value.bias", &W::qkvBias, BlockPart::Attention, threeWidths, nullptr},
    {"attention.dense.weight", &W::attentionOutWeight, BlockPart::Attention, width, width},
    {"attention.dense.bias", &W::attentionOutBias, BlockPart::Attention, width, nullptr},
    {"post_attention_layernorm.weight", &W::postAttentionNormWeight, BlockPart::MlpIn, width,
     nullptr},
    {"post_attention_layernorm.bias", &W::postAttentionNormBias, BlockPart::MlpIn, width, nullptr},
    {"mlp.dense_h_to_4h.weight", &W::mlpInWeight, BlockPart::MlpIn, inner, width},
    {"mlp.dense_h_to_4h.bias", &W::mlpInBias, BlockPart::MlpIn, inner, nullptr},
    {"mlp.dense_4h_to_h.weight", &W::mlpOutWeight, BlockPart::MlpOut, width, inner},
    {"mlp.dense_4h_to_h.bias", &W::mlpOutBias, BlockPart::MlpOut, width, nullptr},
}};

const std::array<OuterTensor, 4> kOuterTensors{{
    {"gpt_neox.embed_in.weight", &NeoxWeights::embedIn, true},
    {"gpt_neox.final_layer_norm.weight", &NeoxWeights::finalNormWeight, false},
    {"gpt_neox.final_layer_norm.bias", &NeoxWeights::finalNormBias, false},
    {"embed_out.weight", &NeoxWeights::embedOut, true},
}};

std::vector<std::int64_t> LayerTensor::shape(const NeoxConfig& config) const {
  if (columns == nullptr) return {rows(config)};
  return {rows(config), columns(config)};
}

bool LayerTensor::exists(const NeoxConfig& config) const {
  return config.attentionBias || !(name.starts_with("attention.") && isBias());
}

std::vector<std::int64_t> OuterTensor::shape(const NeoxConfig& config) const {
  if (!matrix) return {config.width};
  return {config.vocabulary, config.width};
}

std::string tensorName(std::int64_t layer, const LayerTensor& tensor) {
  return "gpt_neox.layers." + std::to_string(layer) + "." + std::string(tensor.name);
}

namespace {

/// Each tensor has a stream of its own, so a model's weights do not depend on their order.
at::Tensor normal(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                  std::string_view purpose) {
  constexpr double kDeviation = 0.02;
  RandomStream random(seed, purpose);
  at::Tensor result = at::empty(shape, at::kFloat);
  float* values = result.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    values[i] = static_cast<float>(kDeviation * random.normal());
  }
  return result;
}

}  // namespace

NeoxWeights NeoxWeights::random(const NeoxConfig& config, std::uint64_t seed) {
  NeoxWeights weights;
  weights.layers.resize(static_cast<std::size_t>(config.layers));
  for (const auto& outer : kOuterTensors) {
    const auto shape = outer.shape(config);
    at::Tensor& tensor = weights.*outer.member;
    if (outer.matrix) {
      tensor = normal(shape, seed, outer.name);
    } else {
      tensor = outer.name.ends_with(".bias") ? at::zeros(shape) : at::ones(shape);
    }
  }
  if (config.tiedEmbeddings) weights.embedOut = weights.embedIn;
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    for (const auto& entry : kLayerTensors) {
      if (!entry.exists(config)) continue;
      const auto shape = entry.shape(config);
      at::Tensor& tensor = weights.layers[static_cast<std::size_t>(layer)].*entry.member;
      if (entry.isBias()) {
        tensor = at::zeros(shape);
      } else {
        tensor = entry.isNorm() ? at::ones(shape) : normal(shape, seed, tensorName(layer, entry));
      }
    }
  }
  return weights;
}

std::map<std::string, at::Tensor*> NeoxWeights::named() {
  std::map<std::string, at::Tensor*> result;
  const auto add = [&](std::string name, at::Tensor& tensor) {
    if (tensor.defined()) result.emplace(std::move(name), &tensor);
  };
  for (const auto& outer : kOuterTensors) add(std::string(outer.name), this->*outer.member);
  // Tied embeddings are one parameter.
  if (embedOut.is_same(embedIn)) result.erase("embed_out.weight");
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    for (const auto& entry : kLayerTensors) {
      add(tensorName(static_cast<std::int64_t>(layer), entry), layers[layer].*entry.member);
    }
  }
  return result;
}

}  // namespace featurescope
