// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/logit_attribution_torch.h"
#include "core/base/error.h"
#include "core/kernels/parallel.h"
#include "core/lm/device_torch.h"
#include "core/lm/linear_torch.h"
#include "core/lm/model_folder.h"
#include "core/lm/read_weights_torch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot attribute to logits";

/// Elements of [features, vocabulary] held at a time (64 MB).
constexpr std::int64_t kChunkElements = 1 << 24;

/// The largest values of one pass over a row, in a short sorted list: nearly every value is
/// compared with the least of the list and dropped.
class Largest {
 public:
  explicit Largest(std::size_t count) : count_(count) { kept_.reserve(count + 1); }

  /// Ids must ascend, so that of equal values the first stays before. Takes no NaN.
  void offer(float value, std::int32_t id) {
    const bool full = kept_.size() == count_;
    if (!(full ? value > kept_.back().value : value >= kLeast)) return;
    const auto place =
        std::ranges::upper_bound(kept_, value, std::ranges::greater{}, &TokenLogit::value);
    kept_.insert(place, {TokenId{id}, value});
    if (full) kept_.pop_back();
  }
  [[nodiscard]] std::vector<TokenLogit> take() { return std::move(kept_); }

 private:
  static constexpr float kLeast = -std::numeric_limits<float>::infinity();
  std::size_t count_;
  std::vector<TokenLogit> kept_;
};

ExtremeLogits extremesOf(std::span<const float> row, std::size_t count) {
  Largest largest(count), smallest(count);
  for (std::size_t id = 0; id < row.size(); ++id) {
    largest.offer(row[id], static_cast<std::int32_t>(id));
    smallest.offer(-row[id], static_cast<std::int32_t>(id));
  }
  ExtremeLogits extremes{largest.take(), smallest.take()};
  for (TokenLogit& entry : extremes.suppressed) entry.value = -entry.value;
  return extremes;
}

/// Ids of embed_out's rows that stand for no token, int64.
at::Tensor namelessIds(const Tokenizer& tokenizer, std::int64_t vocabulary) {
  std::vector<std::int64_t> ids;
  for (std::int64_t id = 0; id < vocabulary; ++id) {
    const bool named = id < tokenizer.vocabularySize() &&
                       !tokenizer.bytes(TokenId{static_cast<std::int32_t>(id)}).empty();
    if (!named) ids.push_back(id);
  }
  return at::tensor(ids, at::kLong);
}

}  // namespace

LogitAttribution LogitAttribution::open(const std::filesystem::path& model, const Site& site,
                                        const ComputeOptions& compute) {
  if (site.kind == SiteKind::MlpPre) {
    throw UserError(ErrorCode::Unsupported, kWhat,
                    "between " + site.moduleName() +
                        " and the logits lies the MLP's nonlinearity, so a decoder row has no "
                        "fixed effect on them",
                    "use an SAE of mlp-out or resid");
  }
  Unembedding weights = readUnembedding(
      ModelFolder::open(model),
      {.device = resolveDevice(compute), .dtype = at::kFloat, .upTo = std::nullopt});
  return {std::move(weights.finalNormWeight), std::move(weights.embedOut)};
}

LogitAttribution::LogitAttribution(at::Tensor finalNormWeight, at::Tensor embedOut)
    : finalNormWeight_(std::move(finalNormWeight)),
      embedOut_(std::move(embedOut)),
      meanRow_(embedOut_.mean(0, /*keepdim=*/false, at::kDouble).to(at::kFloat)) {}

at::Tensor LogitAttribution::logits(const at::Tensor& decoderRows) const {
  if (decoderRows.size(-1) != embedOut_.size(1)) {
    throw UserError(ErrorCode::ShapeMismatch, kWhat,
                    fmt::format("the SAE's decoder has rows of {} values, embed_out of {}",
                                decoderRows.size(-1), embedOut_.size(1)),
                    "choose the model that the SAE was trained on");
  }
  const at::Tensor scaled = decoderRows.to(embedOut_.device(), at::kFloat) * finalNormWeight_;
  return linearLayer(scaled, embedOut_, {}).sub_(scaled.mv(meanRow_).unsqueeze(1));
}

void LogitAttribution::forEachFeature(
    const at::Tensor& decoder, const Tokenizer& tokenizer, std::int64_t count,
    const JobContext& job,
    const std::function<void(FeatureId feature, ExtremeLogits extremes)>& take) const {
  const at::Tensor nameless = namelessIds(tokenizer, vocabulary());
  const std::int64_t chunk = std::max<std::int64_t>(1, kChunkElements / vocabulary());
  for (std::int64_t first = 0; first < decoder.size(0); first += chunk) {
    job.throwIfStopped();
    const std::int64_t features = std::min(chunk, decoder.size(0) - first);
    const at::Tensor values = logits(decoder.narrow(0, first, features)).to(at::kCPU).contiguous();
    values.index_fill_(1, nameless, std::numeric_limits<double>::quiet_NaN());
    std::vector<ExtremeLogits> extremes(static_cast<std::size_t>(features));
    parallelFor(features, values.numel(), [&](std::int64_t i) {
      const float* row = values.const_data_ptr<float>() + i * vocabulary();
      extremes[static_cast<std::size_t>(i)] = extremesOf(
          {row, static_cast<std::size_t>(vocabulary())}, static_cast<std::size_t>(count));
    });
    for (std::int64_t i = 0; i < features; ++i) {
      take(FeatureId{static_cast<std::int32_t>(first + i)},
           std::move(extremes[static_cast<std::size_t>(i)]));
    }
    job.progress.update({.stage = "attributing to logits",
                         .done = static_cast<std::uint64_t>(first + features),
                         .total = static_cast<std::uint64_t>(decoder.size(0)),
                         .unit = "features",
                         .detail = {}});
  }
}

}  // namespace featurescope
