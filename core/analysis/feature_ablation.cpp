// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_ablation_torch.h"
#include "core/sae/finite_torch.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// Elements of [positions, vocabulary] in float64 held at a time, twice (64 MB each).
constexpr std::int64_t kChunkElements = 1 << 23;
/// Tokens encoded at a time, so that [tokens, M] stays small.
constexpr std::int64_t kChunkTokens = 512;

/// What ablating changed at each of some predicting positions, float64.
struct Changes {
  at::Tensor loss, divergence;
};

/// Of positions' last hidden states [positions, d_model], before and after, and the tokens that
/// follow them.
Changes changesAt(const LanguageModel& model, const at::Tensor& before, const at::Tensor& after,
                  const at::Tensor& next) {
  const auto options = before.options().dtype(at::kDouble);
  Changes changes{at::empty({before.size(0)}, options), at::empty({before.size(0)}, options)};
  const std::int64_t chunk = std::max<std::int64_t>(1, kChunkElements / model.config().vocabulary);
  const auto logProbabilities = [&](const at::Tensor& hidden) {
    return at::log_softmax(model.logits(hidden), -1, at::kDouble);
  };
  for (std::int64_t first = 0; first < before.size(0); first += chunk) {
    const std::int64_t count = std::min(chunk, before.size(0) - first);
    const at::Tensor p = logProbabilities(before.narrow(0, first, count));
    const at::Tensor difference = p - logProbabilities(after.narrow(0, first, count));
    const at::Tensor target = next.narrow(0, first, count).unsqueeze(1);
    changes.loss.narrow(0, first, count).copy_(difference.gather(1, target).squeeze(1));
    changes.divergence.narrow(0, first, count).copy_((p.exp() * difference).sum(1));
  }
  return changes;
}

/// The sums behind one feature's figures.
struct Sums {
  std::int64_t activeTokens = 0, activePredicting = 0;
  double loss = 0, divergence = 0, lossWhereActive = 0, divergenceWhereActive = 0;

  [[nodiscard]] FeatureAblation over(FeatureId feature, std::int64_t predicted) const {
    FeatureAblation result;
    result.feature = feature;
    result.activeTokens = activeTokens;
    if (predicted > 0) {
      result.lossChange = loss / static_cast<double>(predicted);
      result.divergence = divergence / static_cast<double>(predicted);
    }
    if (activePredicting > 0) {
      const auto active = static_cast<double>(activePredicting);
      result.lossChangeWhereActive = lossWhereActive / active;
      result.divergenceWhereActive = divergenceWhereActive / active;
    }
    return result;
  }
};

class Ablations {
 public:
  Ablations(const LanguageModel& model, const Autoencoder& autoencoder, const Site& site,
            const std::vector<FeatureId>& features)
      : model_(model), autoencoder_(autoencoder), site_(site), features_(features) {
    sums_.resize(features.size());
    std::vector<std::int64_t> columns;
    columns.reserve(features.size());
    for (const FeatureId feature : features) columns.push_back(feature.value);
    columns_ = at::tensor(columns, at::kLong).to(model.device());
  }

  void add(const TokenBatch& batch) {
    const at::Tensor tokens = toTorch(batch, model_), real = realTokens(batch, model_.device());
    const LanguageModel::Prefix prefix = model_.forwardTo(tokens, site_);
    const at::Tensor values = featureValues(prefix.value, real);
    const at::Tensor predicting = real.narrow(1, 1, batch.length - 1);
    predicted_ += predicting.sum().item<std::int64_t>();
    const at::Tensor active = values.gt(0);
    if (!active.any().item<bool>()) return;
    const at::Tensor base = model_.forwardFrom(prefix, prefix.value);
    for (std::size_t i = 0; i < features_.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i);
      const at::Tensor rows = active.select(2, column).any(1).nonzero().squeeze(1);
      if (rows.size(0) == 0) continue;
      const auto chosen = [&](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.index_select(0, rows) : tensor;
      };
      ablate(i, {site_, chosen(prefix.value), chosen(prefix.hidden), chosen(prefix.partial)},
             {chosen(base), chosen(tokens), chosen(predicting), chosen(values.select(2, column))});
    }
  }

  [[nodiscard]] std::vector<FeatureAblation> results() const {
    std::vector<FeatureAblation> results;
    results.reserve(features_.size());
    for (std::size_t i = 0; i < features_.size(); ++i) {
      results.push_back(sums_[i].over(features_[i], predicted_));
    }
    return results;
  }

 private:
  /// The contexts in which a feature is active.
  struct Contexts {
    at::Tensor base;        ///< last hidden states [rows, length, d_model]
    at::Tensor tokens;      ///< [rows, length]
    at::Tensor predicting;  ///< bool [rows, length − 1]
    at::Tensor values;      ///< of the feature [rows, length], 0 at padding
  };

  /// Of the chosen features [rows, length, features], 0 at padding.
  [[nodiscard]] at::Tensor featureValues(const at::Tensor& siteValue,
                                         const at::Tensor& real) const {
    const at::Tensor x = siteValue.flatten(0, 1).to(at::kFloat);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& chunk : x.split(kChunkTokens)) {
      parts.push_back(autoencoder_.encode(chunk).index_select(1, columns_));
    }
    const at::Tensor values = at::cat(parts).view({real.size(0), real.size(1), -1});
    if (!allFinite(values)) {
      throw UserError(ErrorCode::NotFinite, "cannot ablate features at " + site_.moduleName(),
                      "a feature's value is not a finite number", "try --dtype float32");
    }
    return values * real.unsqueeze(2);
  }

  void ablate(std::size_t i, const LanguageModel::Prefix& prefix, const Contexts& contexts) {
    const at::Tensor row = autoencoder_.parameters().W_dec[features_[i].value];
    const at::Tensor scale = autoencoder_.outputScale(prefix.value.to(at::kFloat));
    const at::Tensor contribution = contexts.values.unsqueeze(2) * scale * row;
    const at::Tensor value =
        (prefix.value.to(at::kFloat) - contribution).to(prefix.value.scalar_type());
    const at::Tensor after = model_.forwardFrom(prefix, value);

    const std::int64_t length = contexts.predicting.size(1);
    const at::Tensor places = contexts.predicting.flatten().nonzero().squeeze(1);
    const auto predicting = [&](const at::Tensor& perToken, std::int64_t first) {
      return perToken.narrow(1, first, length).flatten(0, 1).index_select(0, places);
    };
    const Changes changes = changesAt(model_, predicting(contexts.base, 0), predicting(after, 0),
                                      predicting(contexts.tokens, 1));
    const at::Tensor active = predicting(contexts.values, 0).gt(0);
    Sums& sums = sums_[i];
    sums.activeTokens += contexts.values.gt(0).sum().item<std::int64_t>();
    sums.activePredicting += active.sum().item<std::int64_t>();
    sums.loss += changes.loss.sum().item<double>();
    sums.divergence += changes.divergence.sum().item<double>();
    sums.lossWhereActive += (changes.loss * active).sum().item<double>();
    sums.divergenceWhereActive += (changes.divergence * active).sum().item<double>();
  }

  const LanguageModel& model_;
  const Autoencoder& autoencoder_;
  Site site_;
  const std::vector<FeatureId>& features_;
  at::Tensor columns_;
  std::int64_t predicted_ = 0;
  std::vector<Sums> sums_;
};

}  // namespace

std::vector<FeatureAblation> ablateFeatures(const LanguageModel& model,
                                            const Autoencoder& autoencoder, const Site& site,
                                            Corpus corpus, std::int64_t contextsPerPass,
                                            const std::vector<FeatureId>& features,
                                            const JobContext& job) {
  const at::NoGradGuard noGradients;
  Ablations ablations(model, autoencoder, site, features);
  TokenBatch batch;
  while (corpus.next(batch, contextsPerPass)) {
    job.throwIfStopped();
    ablations.add(batch);
    job.progress.update({.stage = "ablating features",
                         .done = static_cast<std::uint64_t>(corpus.report().tokens),
                         .total = 0,
                         .unit = "tokens",
                         .detail = {}});
  }
  return ablations.results();
}

}  // namespace featurescope
