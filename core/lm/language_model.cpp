// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/lm/language_model_torch.h"
#include "core/lm/linear_torch.h"
#include "core/lm/model_folder.h"
#include "core/lm/neox_block_torch.h"
#include "core/lm/read_weights_torch.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

void requireSite(const Site& site, const NeoxConfig& config) {
  if (site.layer.value >= 0 && site.layer.value < config.layers) return;
  throw UserError(ErrorCode::OutOfRange, "cannot read " + site.moduleName(),
                  "the model has " + std::to_string(config.layers) + " layers, counted from 0");
}

/// One pass over one batch of tokens: the blocks with what they share.
class Pass {
 public:
  Pass(const LanguageModel& model, std::int64_t length)
      : config_(model.config()),
        weights_(model.weights()),
        rotary_(config_, length, at::TensorOptions(model.device()).dtype(model.dtype())) {}

  [[nodiscard]] NeoxBlock block(std::int32_t layer) const {
    return {config_, weights_.layers[static_cast<std::size_t>(layer)]};
  }
  [[nodiscard]] at::Tensor attention(std::int32_t layer, const at::Tensor& hidden) const {
    return block(layer).attention(hidden, rotary_);
  }
  /// What the block adds its MLP's output to, where that is needed before the MLP; undefined with
  /// the parallel residual, whose attention can wait until somebody wants the block's end.
  [[nodiscard]] at::Tensor sequentialResidual(std::int32_t layer, const at::Tensor& hidden) const {
    return config_.parallelResidual ? at::Tensor() : attention(layer, hidden) + hidden;
  }
  /// The residual stream after a block, from its MLP's output.
  [[nodiscard]] at::Tensor blockEnd(std::int32_t layer, const at::Tensor& hidden,
                                    const at::Tensor& residual, const at::Tensor& mlpOut) const {
    if (residual.defined()) return mlpOut + residual;
    return mlpOut + attention(layer, hidden) + hidden;
  }
  /// Blocks [first, end) over `hidden`.
  [[nodiscard]] at::Tensor blocks(at::Tensor hidden, std::int32_t first, std::int32_t end) const {
    for (std::int32_t layer = first; layer < end; ++layer) {
      const at::Tensor residual = sequentialResidual(layer, hidden);
      const at::Tensor& read = residual.defined() ? residual : hidden;
      hidden = blockEnd(layer, hidden, residual, block(layer).mlp(read));
    }
    return hidden;
  }

 private:
  const NeoxConfig& config_;
  const NeoxWeights& weights_;
  RotaryTable rotary_;
};

std::int32_t layerCount(const NeoxConfig& config) {
  return static_cast<std::int32_t>(config.layers);
}

}  // namespace

LanguageModel LanguageModel::open(const std::filesystem::path& folder, const Options& options) {
  const ModelFolder opened = ModelFolder::open(folder);
  if (options.upTo) requireSite(*options.upTo, opened.config);
  return {opened.config, readWeights(opened, options), options};
}

LanguageModel::LanguageModel(NeoxConfig config, NeoxWeights weights)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      device_(weights_.embedIn.device()),
      dtype_(weights_.embedIn.scalar_type()) {}

LanguageModel::LanguageModel(NeoxConfig config, NeoxWeights weights, const Options& options)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      device_(options.device),
      dtype_(options.dtype) {}

at::Tensor LanguageModel::embed(const at::Tensor& tokens) const {
  const at::Tensor& rows = weights_.embedIn;
  return at::embedding(rows, tokens.to(rows.device())).to(device_, dtype_);
}

at::Tensor LanguageModel::activations(const at::Tensor& tokens, const Site& site) const {
  return forward(tokens, {site}, std::nullopt, false).sites.at(site);
}

void LanguageModel::finishBlock(Prefix& prefix) const {
  if (prefix.site.kind != SiteKind::Resid && !prefix.partial.defined()) {
    const Pass pass(*this, prefix.hidden.size(1));
    prefix.partial = pass.attention(prefix.site.layer.value, prefix.hidden) + prefix.hidden;
  }
  prefix.hidden.reset();
}

LanguageModel::Captured LanguageModel::forward(const at::Tensor& tokens,
                                               const std::vector<Site>& captures,
                                               const std::optional<Edit>& edit,
                                               bool wholePass) const {
  for (const auto& site : captures) requireSite(site, config_);
  if (edit) requireSite(edit->site, config_);
  Captured result;
  if (!wholePass && captures.empty()) return result;
  std::optional<Site> last;
  if (!wholePass) last = *std::max_element(captures.begin(), captures.end());

  // Edits and keeps the value at a site on its way.
  const auto isCaptured = [&](const Site& site) {
    return std::find(captures.begin(), captures.end(), site) != captures.end();
  };
  const auto met = [&](const Site& site, at::Tensor value) {
    if (edit && edit->site == site) value = edit->replace(value);
    if (isCaptured(site)) result.sites.emplace(site, value);
    return value;
  };
  const Pass pass(*this, tokens.size(1));
  at::Tensor hidden = embed(tokens);
  for (std::int32_t layer = 0; layer < layerCount(config_); ++layer) {
    const Site pre{Layer{layer}, SiteKind::MlpPre}, out{Layer{layer}, SiteKind::MlpOut},
        end{Layer{layer}, SiteKind::Resid};
    const NeoxBlock block = pass.block(layer);
    const at::Tensor residual = pass.sequentialResidual(layer, hidden);
    const at::Tensor& read = residual.defined() ? residual : hidden;
    const bool looksInside = isCaptured(pre) || (edit && edit->site == pre);
    at::Tensor after;
    if (looksInside) {
      const at::Tensor before = met(pre, block.mlpPre(read));
      if (last == pre) return result;
      after = block.mlpOut(before);
    } else {
      after = block.mlp(read);
    }
    after = met(out, after);
    if (last == out) return result;
    hidden = met(end, pass.blockEnd(layer, hidden, residual, after));
    if (last == end) return result;
  }
  result.hidden = hidden;
  return result;
}

LanguageModel::Prefix LanguageModel::forwardTo(const at::Tensor& tokens, const Site& site) const {
  requireSite(site, config_);
  const std::int32_t layer = site.layer.value;
  const Pass pass(*this, tokens.size(1));
  Prefix prefix{site, {}, pass.blocks(embed(tokens), 0, layer), {}};
  if (site.kind == SiteKind::Resid) {
    prefix.value = pass.blocks(prefix.hidden, layer, layer + 1);
    return prefix;
  }
  prefix.partial = pass.sequentialResidual(layer, prefix.hidden);
  const NeoxBlock block = pass.block(layer);
  const at::Tensor& read = prefix.partial.defined() ? prefix.partial : prefix.hidden;
  prefix.value = site.kind == SiteKind::MlpOut ? block.mlp(read) : block.mlpPre(read);
  return prefix;
}

at::Tensor LanguageModel::forwardFrom(const Prefix& prefix, const at::Tensor& value) const {
  return Pass(*this, value.size(1))
      .blocks(endOfSitesBlock(prefix, value), prefix.site.layer.value + 1, layerCount(config_));
}

at::Tensor LanguageModel::endOfSitesBlock(const Prefix& prefix, const at::Tensor& value) const {
  if (prefix.site.kind == SiteKind::Resid) return value;
  const std::int32_t layer = prefix.site.layer.value;
  const Pass pass(*this, value.size(1));
  const bool pre = prefix.site.kind == SiteKind::MlpPre;
  return pass.blockEnd(layer, prefix.hidden, prefix.partial,
                       pre ? pass.block(layer).mlpOut(value) : value);
}

at::Tensor LanguageModel::endOfBlock(Layer layer, const at::Tensor& hidden) const {
  return Pass(*this, hidden.size(1)).blocks(hidden, layer.value, layer.value + 1);
}

at::Tensor LanguageModel::logits(const at::Tensor& hidden) const {
  const at::Tensor normed = at::layer_norm(hidden, {config_.width}, weights_.finalNormWeight,
                                           weights_.finalNormBias, config_.layerNormEpsilon);
  return linearLayer(normed, weights_.embedOut, {});
}

at::Tensor toTorch(const TokenBatch& batch, const LanguageModel& model) {
  const NeoxConfig& config = model.config();
  if (batch.length > config.maxPositions) {
    throw UserError(ErrorCode::ShapeMismatch, "cannot run the model",
                    "the sequences are " + std::to_string(batch.length) +
                        " tokens long, the model has " + std::to_string(config.maxPositions) +
                        " positions",
                    "use a shorter --context");
  }
  at::Tensor tokens = at::empty({batch.rows(), batch.length}, at::kLong);
  auto* ids = tokens.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < batch.tokens.size(); ++i) {
    const std::int32_t id = batch.tokens[i].value;
    if (id < 0 || id >= config.vocabulary) {
      throw UserError(ErrorCode::OutOfRange, "cannot run the model",
                      "token " + std::to_string(id) + " is beyond its vocabulary of " +
                          std::to_string(config.vocabulary),
                      "use the tokenizer the model was trained with");
    }
    ids[i] = id;
  }
  return tokens.to(model.device());
}

at::Tensor realTokens(const TokenBatch& batch, at::Device device) {
  at::Tensor real = at::zeros({batch.rows(), batch.length}, at::kBool);
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    real[row].narrow(0, 0, batch.lengths[static_cast<std::size_t>(row)]).fill_(true);
  }
  return real.to(device);
}

}  // namespace featurescope
