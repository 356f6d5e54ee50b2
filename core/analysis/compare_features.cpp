// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/compare_features.h"

#include "core/analysis/logit_attribution_torch.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/finetune/fine_tune_settings.h"
#include "core/finetune/records.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/feature_scales.h"
#include "core/text/display.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot compare the features";
constexpr std::int64_t kRecordsAPass = 16;
constexpr std::int64_t kContextTokens = 10;  ///< shown before and after a token

/// What run.json says of a finished fine-tuning.
struct FinishedRun {
  FineTuneSettings settings;
  FeatureScales scales;
  FeatureComparison counts;  ///< what it counted itself

  explicit FinishedRun(const std::filesystem::path& folder) {
    const std::string what = fmt::format("{} of {}", kWhat, folder.string());
    const Json run = readJson(folder / "run.json");
    if (!run.is_object() || run.value("kind", "") != "finetune") {
      throw UserError(ErrorCode::BadFile, what, "it is not the folder of a finetune run",
                      "name the folder that --out of finetune named");
    }
    if (run.value("state", "") != "finished") {
      throw UserError(ErrorCode::BadFile, what, "the run is not finished",
                      "finish it with `featurescope resume`");
    }
    settings = fineTuneSettingsFromJson(run.value("settings", Json()), what);
    const Json sae = run.value("inputs", Json::object()).value("sae", Json::object());
    if (hashContents(settings.sae) != member<std::string>(sae, "hash", what)) {
      throw UserError(ErrorCode::BadFile, what,
                      "the SAE " + settings.sae.string() + " is not the one it inserted",
                      "bring that one back");
    }
    scales = FeatureScales::load(folder, member<std::int64_t>(run, "m", what));
    const Json result = run.value("result", Json::object());
    counts.untouchedScale = static_cast<float>(member<double>(result, "untouched_scale", what));
    counts.enhanced = member<std::int64_t>(result, "enhanced", what);
    counts.inhibited = member<std::int64_t>(result, "inhibited", what);
    counts.untouched = member<std::int64_t>(result, "untouched", what);
  }
};

at::Tensor vectorOf(const std::vector<float>& values, at::Device device) {
  return at::tensor(values, at::kFloat).to(device);
}

/// The features whose scale rose most, the strongest first, and those whose fell most.
struct MostChanged {
  std::vector<FeatureId> enhanced, inhibited;

  MostChanged(const std::vector<FeatureChange>& features, std::int64_t count) {
    std::vector<FeatureChange> sorted = features;
    std::ranges::stable_sort(sorted, std::greater(), &FeatureChange::scaleChange);
    for (const FeatureChange& change : sorted) {
      if (std::ssize(enhanced) < count && change.scaleChange > 0)
        enhanced.push_back(change.feature);
    }
    std::ranges::stable_sort(sorted, std::less(), &FeatureChange::scaleChange);
    for (const FeatureChange& change : sorted) {
      if (std::ssize(inhibited) < count && change.scaleChange < 0) {
        inhibited.push_back(change.feature);
      }
    }
  }

  [[nodiscard]] std::vector<FeatureId> all() const {
    std::vector<FeatureId> both = enhanced;
    both.insert(both.end(), inhibited.begin(), inhibited.end());
    return both;
  }
};

at::Tensor idsOf(const std::vector<FeatureId>& features, at::Device device) {
  std::vector<std::int64_t> ids(features.size());
  std::transform(features.begin(), features.end(), ids.begin(),
                 [](FeatureId feature) { return feature.value; });
  return at::tensor(ids, at::kLong).to(device);
}

/// Every feature's figures over the tokens, and all values of a few features.
class Totals {
 public:
  Totals(std::int64_t features, at::Tensor closer) : closer_(std::move(closer)) {
    const auto zeros = [&](at::ScalarType type) {
      return at::zeros({features}, closer_.options().dtype(type));
    };
    for (Side* side : {&before_, &after_}) {
      side->active = zeros(at::kLong);
      side->sum = zeros(at::kDouble);
      side->max = zeros(at::kFloat);
      side->strongest = zeros(at::kLong);
    }
  }

  /// f [tokens, M] before and after.
  void add(const at::Tensor& before, const at::Tensor& after) {
    before_.add(before, tokens_, closer_);
    after_.add(after, tokens_, closer_);
    tokens_ += before.size(0);
  }

  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

  /// Fills in all but the feature's scales; `tokenAt` shows a token of the stream.
  template <class TokenAt>
  void describe(std::vector<FeatureChange>& features, const TokenAt& tokenAt) {
    before_.toCpu();
    after_.toCpu();
    const auto count = static_cast<double>(std::max<std::int64_t>(tokens_, 1));
    for (std::size_t i = 0; i < features.size(); ++i) {
      FeatureChange& change = features[i];
      change.activeBefore = before_.active.const_data_ptr<std::int64_t>()[i];
      change.activeAfter = after_.active.const_data_ptr<std::int64_t>()[i];
      change.meanBefore = before_.sum.const_data_ptr<double>()[i] / count;
      change.meanAfter = after_.sum.const_data_ptr<double>()[i] / count;
      change.maxBefore = before_.max.const_data_ptr<float>()[i];
      change.maxAfter = after_.max.const_data_ptr<float>()[i];
      const Side& side = change.activeBefore > 0 ? before_ : after_;
      if (change.activeBefore + change.activeAfter == 0) continue;
      change.topToken = tokenAt(side.strongest.const_data_ptr<std::int64_t>()[i]);
    }
  }

  /// [tokens, closer], of the i-th of them.
  [[nodiscard]] at::Tensor valuesBefore() const { return at::cat(before_.values).to(at::kCPU); }
  [[nodiscard]] at::Tensor valuesAfter() const { return at::cat(after_.values).to(at::kCPU); }

 private:
  struct Side {
    at::Tensor active, sum, max, strongest;
    std::vector<at::Tensor> values;

    void add(const at::Tensor& f, std::int64_t first, const at::Tensor& closer) {
      active.add_(f.gt(0).sum(0));
      sum.add_(f.sum(0, false, at::kDouble));
      const auto [largest, place] = f.max(0);
      const at::Tensor stronger = largest.gt(max);
      strongest = at::where(stronger, place + first, strongest);
      max = at::maximum(max, largest);
      values.push_back(f.index_select(1, closer));
    }
    void toCpu() {
      for (at::Tensor* tensor : {&active, &sum, &max, &strongest}) {
        *tensor = tensor->to(at::kCPU).contiguous();
      }
    }
  };

  at::Tensor closer_;
  Side before_, after_;
  std::int64_t tokens_ = 0;
};

/// The records that were read, as one stream of tokens.
class Stream {
 public:
  Stream(const Tokenizer& tokenizer, const Records& records, LossScope scope)
      : tokenizer_(tokenizer), records_(records), scope_(scope) {}

  /// How many of the first records keep to so many tokens.
  [[nodiscard]] std::int64_t take(std::int64_t tokens) {
    while (std::ssize(begins_) < records_.size()) {
      const std::int64_t length = records_.length(std::ssize(begins_));
      if (!begins_.empty() && end_ + length > tokens) break;
      begins_.push_back(end_);
      end_ += length;
    }
    return std::ssize(begins_);
  }

  [[nodiscard]] std::string tokenAt(std::int64_t position) const {
    const auto [record, index] = placeOf(position);
    return displayTokens(tokenizer_, records_.tokens(record))[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::string contextAt(std::int64_t position) const {
    const auto [record, index] = placeOf(position);
    const auto shown = displayTokens(tokenizer_, records_.tokens(record));
    const std::int64_t first = std::max<std::int64_t>(0, index - kContextTokens);
    const std::int64_t end = std::min(std::ssize(shown), index + kContextTokens + 1);
    std::string context;
    for (std::int64_t i = first; i < end; ++i) context += shown[static_cast<std::size_t>(i)];
    return context;
  }

  /// Calls take(position of the token before it, the target) for each counted target.
  template <class Take>
  void forEachTarget(const Take& take) const {
    for (RecordId record = 0; record < std::ssize(begins_); ++record) {
      const auto tokens = records_.tokens(record);
      for (std::int64_t i = records_.firstTarget(record, scope_); i < std::ssize(tokens); ++i) {
        take(begins_[static_cast<std::size_t>(record)] + i - 1,
             tokens[static_cast<std::size_t>(i)]);
      }
    }
  }

 private:
  [[nodiscard]] std::pair<RecordId, std::int64_t> placeOf(std::int64_t position) const {
    const auto next = std::ranges::upper_bound(begins_, position);
    const RecordId record = next - begins_.begin() - 1;
    return {record, position - *(next - 1)};
  }

  const Tokenizer& tokenizer_;
  const Records& records_;
  LossScope scope_;
  std::vector<std::int64_t> begins_;
  std::int64_t end_ = 0;
};

/// The strongest tokens before; of equal ones those that are stronger after, then the first.
std::vector<ComparedActivation> strongest(const Stream& stream, const at::Tensor& before,
                                          const at::Tensor& after, std::int64_t count) {
  const at::Tensor b = before.contiguous(), a = after.contiguous();
  const float *ofBefore = b.const_data_ptr<float>(), *ofAfter = a.const_data_ptr<float>();
  std::vector<std::int64_t> active;
  for (std::int64_t i = 0; i < b.numel(); ++i) {
    if (ofBefore[i] > 0 || ofAfter[i] > 0) active.push_back(i);
  }
  const auto kept = active.begin() + std::min(count, std::ssize(active));
  std::ranges::partial_sort(active, kept, [&](std::int64_t i, std::int64_t j) {
    if (ofBefore[i] != ofBefore[j]) return ofBefore[i] > ofBefore[j];
    if (ofAfter[i] != ofAfter[j]) return ofAfter[i] > ofAfter[j];
    return i < j;
  });
  std::vector<ComparedActivation> result;
  for (auto at = active.begin(); at != kept; ++at) {
    result.push_back({.strToken = stream.tokenAt(*at),
                      .context = stream.contextAt(*at),
                      .before = ofBefore[*at],
                      .after = ofAfter[*at]});
  }
  return result;
}

/// What a feature adds to the logits of the text's targets.
class TargetAttribution {
 public:
  TargetAttribution(const Tokenizer& tokenizer, const Stream& stream)
      : tokenizer_(tokenizer), stream_(stream) {
    stream.forEachTarget([&](std::int64_t, TokenId target) { ++counts_[target]; });
  }

  /// `logits` [vocabulary], `before` [tokens] of the feature.
  void describe(ChangedFeature& feature, const at::Tensor& logits, const at::Tensor& before,
                std::int64_t count) const {
    const at::Tensor onCpu = logits.to(at::kCPU).contiguous(), values = before.contiguous();
    const float* logit = onCpu.const_data_ptr<float>();
    const float* value = values.const_data_ptr<float>();
    double sum = 0, sumWhereActive = 0;
    std::int64_t targets = 0, targetsWhereActive = 0;
    stream_.forEachTarget([&](std::int64_t source, TokenId target) {
      sum += logit[target.value];
      ++targets;
      if (!(value[source] > 0)) return;
      sumWhereActive += logit[target.value];
      ++targetsWhereActive;
    });
    if (targets > 0) feature.meanTargetLogit = sum / static_cast<double>(targets);
    if (targetsWhereActive > 0) {
      feature.meanTargetLogitWhereActive = sumWhereActive / static_cast<double>(targetsWhereActive);
    }
    std::vector<ComparedToken> tokens;
    for (const auto& [target, times] : counts_) {
      tokens.push_back({.strToken = displayToken(tokenizer_.bytes(target)),
                        .logit = logit[target.value],
                        .targets = times});
    }
    const auto kept = static_cast<std::size_t>(std::min(count, std::ssize(tokens)));
    std::ranges::stable_sort(tokens, std::greater(), &ComparedToken::logit);
    feature.promoted.assign(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(kept));
    feature.suppressed.assign(tokens.rbegin(), tokens.rbegin() + static_cast<std::ptrdiff_t>(kept));
  }

 private:
  const Tokenizer& tokenizer_;
  const Stream& stream_;
  std::map<TokenId, std::int64_t> counts_;
};

/// Runs the first `count` records through the model and both codes.
Totals totalsOf(const LanguageModel& model, const Autoencoder& autoencoder, const FinishedRun& run,
                const Records& records, std::int64_t count, const at::Tensor& closer,
                const JobContext& job) {
  const at::Tensor c = vectorOf(run.scales.scale, model.device());
  const at::Tensor d = vectorOf(run.scales.bias, model.device());
  Totals totals(autoencoder.features(), closer);
  for (std::int64_t first = 0; first < count; first += kRecordsAPass) {
    job.throwIfStopped();
    std::vector<RecordId> ids(static_cast<std::size_t>(std::min(kRecordsAPass, count - first)));
    std::iota(ids.begin(), ids.end(), first);
    const TokenBatch batch = records.batch(ids);
    const at::Tensor real = realTokens(batch, model.device()).flatten();
    const at::Tensor x = model.activations(toTorch(batch, model), run.settings.site)
                             .flatten(0, 1)
                             .index({real})
                             .to(at::kFloat);
    totals.add(autoencoder.encode(x), autoencoder.preActivations(x).mul_(c).add_(d).relu_());
    job.progress.update({.stage = "comparing features",
                         .done = static_cast<std::uint64_t>(first) + ids.size(),
                         .total = static_cast<std::uint64_t>(count),
                         .unit = "records",
                         .detail = {}});
  }
  return totals;
}

}  // namespace

FeatureComparison compareFeatures(const CompareRequest& request, const JobContext& job) {
  return guarded(kWhat, [&] {
    const at::NoGradGuard noGradients;
    const FinishedRun run(request.run);
    applyThreads(request.compute);
    const at::Device device = resolveDevice(request.compute);
    const Tokenizer tokenizer = Tokenizer::load(run.settings.model);
    const Autoencoder autoencoder = Autoencoder::load(run.settings.sae, device);
    const LanguageModel model =
        LanguageModel::open(run.settings.model, {.device = device,
                                                 .dtype = resolveDtype(request.compute, device),
                                                 .upTo = run.settings.site});
    CorpusOptions corpus = run.settings.corpus;
    if (!request.texts.empty()) corpus.files = request.texts;
    const Records records(tokenizer, corpus, job);

    FeatureComparison result = run.counts;
    result.saeHash = hashCheckpoint(autoencoder.info());
    for (std::int32_t feature = 0; feature < autoencoder.features(); ++feature) {
      const auto f = static_cast<std::size_t>(feature);
      FeatureChange change;
      change.feature = FeatureId{feature};
      change.scale = run.scales.scale[f];
      change.bias = run.scales.bias[f];
      change.scaleChange = double{change.scale} - double{result.untouchedScale};
      result.features.push_back(std::move(change));
    }
    const MostChanged most(result.features, request.features);
    const std::vector<FeatureId> closer = most.all();

    Stream stream(tokenizer, records, run.settings.scope);
    const std::int64_t count = stream.take(request.tokens);
    Totals totals = totalsOf(model, autoencoder, run, records, count, idsOf(closer, device), job);
    result.tokens = totals.tokens();
    totals.describe(result.features,
                    [&](std::int64_t position) { return stream.tokenAt(position); });

    at::Tensor logits;  // [closer, vocabulary]
    if (run.settings.site.kind != SiteKind::MlpPre && !closer.empty()) {
      logits = LogitAttribution::open(run.settings.model, run.settings.site, request.compute)
                   .logits(autoencoder.parameters().W_dec.index_select(0, idsOf(closer, device)));
    }
    const TargetAttribution targets(tokenizer, stream);
    const at::Tensor before = totals.valuesBefore(), after = totals.valuesAfter();
    for (std::size_t i = 0; i < closer.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i);
      ChangedFeature feature;
      feature.feature = closer[i];
      feature.activations =
          strongest(stream, before.select(1, column), after.select(1, column), request.examples);
      if (logits.defined()) {
        targets.describe(feature, logits[column], before.select(1, column), request.attributed);
      }
      (i < most.enhanced.size() ? result.mostEnhanced : result.mostInhibited)
          .push_back(std::move(feature));
    }
    return result;
  });
}

}  // namespace featurescope
