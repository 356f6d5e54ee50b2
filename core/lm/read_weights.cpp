// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/neox_tensors_torch.h"
#include "core/lm/read_weights_torch.h"
#include "core/tensorfile/tensor_torch.h"

#include <cmath>

namespace featurescope {

namespace {

/// A NaN or an infinity shows in the smallest or the largest value: one pass without a temporary.
bool allFinite(const at::Tensor& tensor) {
  if (tensor.numel() == 0) return true;
  const auto [smallest, largest] = at::aminmax(tensor);
  return std::isfinite(smallest.item<double>()) && std::isfinite(largest.item<double>());
}

/// Whether the value at `upTo` depends on `part` of block `layer`.
bool needs(BlockPart part, std::int64_t layer, const std::optional<Site>& upTo, bool parallel) {
  if (!upTo || layer < upTo->layer.value) return true;
  if (layer > upTo->layer.value) return false;
  switch (upTo->kind) {
    case SiteKind::Resid:
      return true;
    case SiteKind::MlpOut:
      return part != BlockPart::Attention || !parallel;
    case SiteKind::MlpPre:
      return part == BlockPart::MlpIn || (part == BlockPart::Attention && !parallel);
  }
  return true;
}

/// Reads tensors of one folder by their Hugging Face names and checks them.
class WeightReader {
 public:
  WeightReader(const ModelFolder& folder, const LanguageModel::Options& options)
      : file_(folder.weights), options_(options) {}

  at::Tensor read(const std::string& name, const std::vector<std::int64_t>& shape) const {
    const Tensor stored = file_.tensor(storedName(name));
    const std::string what = "cannot use " + name + " of " + file_.path().string();
    if (stored.shape != shape) {
      Tensor expected;
      expected.shape = shape;
      throw UserError(
          ErrorCode::ShapeMismatch, what,
          "its shape is " + stored.shapeText() + ", config.json asks for " + expected.shapeText());
    }
    const at::Tensor raw = toTorch(stored);
    if (!raw.is_floating_point()) {
      throw UserError(ErrorCode::BadFile, what,
                      "its values are of type " + std::string(featurescope::name(stored.dtype)));
    }
    at::Tensor converted = raw.to(options_.device, options_.dtype);
    if (!allFinite(converted)) throw notFinite(what, raw);
    const bool staysStored = options_.storage == WeightStorage::Stored && shape.size() == 2;
    return staysStored ? raw : converted;
  }

 private:
  /// The name in the file: a base model's lacks the prefix, and embed_out has an alias.
  std::string storedName(const std::string& name) const {
    if (file_.contains(name)) return name;
    constexpr std::string_view kPrefix = "gpt_neox.";
    if (name.starts_with(kPrefix) && file_.contains(name.substr(kPrefix.size()))) {
      return name.substr(kPrefix.size());
    }
    if (name == "embed_out.weight" && file_.contains("lm_head.weight")) return "lm_head.weight";
    return name;
  }

  UserError notFinite(const std::string& what, const at::Tensor& raw) const {
    if (allFinite(raw)) {
      return {ErrorCode::NotFinite, what,
              std::string("it has values too large for ") + c10::toString(options_.dtype),
              "use --dtype float32"};
    }
    return {ErrorCode::NotFinite, what, "it holds a NaN or an infinity",
            "download or save the model again"};
  }

  const TensorFile& file_;
  const LanguageModel::Options& options_;
};

}  // namespace

NeoxWeights readWeights(const ModelFolder& folder, const LanguageModel::Options& options) {
  const NeoxConfig& config = folder.config;
  const WeightReader reader(folder, options);
  NeoxWeights weights;
  for (const auto& outer : kOuterTensors) {
    const bool wanted = outer.member == &NeoxWeights::embedIn || !options.upTo;
    if (!wanted || (outer.member == &NeoxWeights::embedOut && config.tiedEmbeddings)) continue;
    weights.*outer.member = reader.read(std::string(outer.name), outer.shape(config));
  }
  if (config.tiedEmbeddings && !options.upTo) weights.embedOut = weights.embedIn;
  // Blocks beyond the site stay without any tensor.
  weights.layers.resize(static_cast<std::size_t>(config.layers));
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    for (const auto& entry : kLayerTensors) {
      if (!entry.exists(config)) continue;
      if (!needs(entry.part, layer, options.upTo, config.parallelResidual)) continue;
      weights.layers[static_cast<std::size_t>(layer)].*entry.member =
          reader.read(tensorName(layer, entry), entry.shape(config));
    }
  }
  return weights;
}

Unembedding readUnembedding(const ModelFolder& folder, const LanguageModel::Options& options) {
  const NeoxConfig& config = folder.config;
  const WeightReader reader(folder, options);
  return {.finalNormWeight = reader.read("gpt_neox.final_layer_norm.weight", {config.width}),
          .embedOut =
              reader.read(config.tiedEmbeddings ? "gpt_neox.embed_in.weight" : "embed_out.weight",
                          {config.vocabulary, config.width})};
}

}  // namespace featurescope
