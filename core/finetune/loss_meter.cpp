// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/loss_meter_torch.h"
#include "core/finetune/scaled_code_torch.h"
#include "core/finetune/site_states_torch.h"
#include "core/finetune/suffix_gradient_torch.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>
#include <span>

namespace featurescope {

namespace {

constexpr std::int64_t kRecordsAPass = 16;

/// Which of a batch's counted targets belong to a completion, and to which record's.
struct Completions {
  at::Tensor places;               ///< int64: among the counted targets
  std::vector<std::int64_t> ends;  ///< of each record that has one, among `places`
};

Completions completionsOf(const Records& texts, std::span<const RecordId> records,
                          const std::vector<std::int64_t>& firstTargets) {
  std::vector<std::int64_t> places;
  Completions result;
  std::int64_t begin = 0;
  for (std::size_t row = 0; row < records.size(); ++row) {
    const std::int64_t length = texts.length(records[row]), first = firstTargets[row];
    const std::int64_t completion = texts.firstTarget(records[row], LossScope::Completion);
    for (std::int64_t target = completion; target < length; ++target) {
      places.push_back(begin + target - first);
    }
    if (completion < length) result.ends.push_back(static_cast<std::int64_t>(places.size()));
    begin += length - first;
  }
  result.places = at::tensor(places, at::kLong);
  return result;
}

at::Tensor vectorOf(const std::vector<float>& values, at::Device device) {
  return at::tensor(values, at::kFloat).to(device);
}

}  // namespace

/// A batch of a text at the site, and what counts in it.
struct LossMeter::Batch {
  SiteBatch site;
  CountedTargets targets;
  Completions completions;
};

/// One variant's loss and exact completions, summed over batches.
class LossMeter::Sums {
 public:
  void add(const LanguageModel& model, const Batch& batch, const at::Tensor& value) {
    const at::Tensor hidden = model.forwardFrom(batch.site.prefix, value);
    const TargetFigures figures = model.targetFigures(
        hidden.flatten(0, 1).index_select(0, batch.targets.sources), batch.targets.ids);
    loss_ += figures.losses.sum(at::kDouble).item<double>();
    targets_ += batch.targets.count();
    const at::Tensor hits =
        figures.likeliest.to(at::kCPU).index_select(0, batch.completions.places).contiguous();
    const bool* hit = hits.const_data_ptr<bool>();
    std::int64_t begin = 0;
    for (const std::int64_t end : batch.completions.ends) {
      exact_ += std::all_of(hit + begin, hit + end, [](bool likeliest) { return likeliest; });
      ++completions_;
      begin = end;
    }
  }

  [[nodiscard]] std::int64_t targets() const { return targets_; }
  [[nodiscard]] std::int64_t completions() const { return completions_; }
  [[nodiscard]] double loss() const { return loss_ / static_cast<double>(targets_); }
  [[nodiscard]] double accuracy() const {
    return static_cast<double>(exact_) / static_cast<double>(completions_);
  }

 private:
  double loss_ = 0;
  std::int64_t targets_ = 0, exact_ = 0, completions_ = 0;
};

LossMeter::LossMeter(const LanguageModel& model, const Autoencoder& autoencoder, const Site& site,
                     bool keepError)
    : model_(model), autoencoder_(autoencoder), site_(site), keepError_(keepError) {
  checkFineTunable(autoencoder.info());
}

template <class Take>
void LossMeter::forEachBatch(const Text& text, const JobContext& job, const Take& take) const {
  const at::NoGradGuard noGradients;
  std::int64_t tokens = 0, done = 0;
  const auto count = static_cast<std::int64_t>(text.records.size());
  while (done < count && (done == 0 || tokens < text.tokens)) {
    job.throwIfStopped();
    std::vector<RecordId> records;
    while (done < count && std::ssize(records) < kRecordsAPass) {
      const std::int64_t length = text.texts.length(text.records[static_cast<std::size_t>(done)]);
      if (done > 0 && tokens + length > text.tokens) break;
      tokens += length;
      records.push_back(text.records[static_cast<std::size_t>(done++)]);
    }
    if (records.empty()) break;
    std::vector<std::int64_t> firstTargets;
    firstTargets.reserve(records.size());
    for (const RecordId record : records) {
      firstTargets.push_back(text.texts.firstTarget(record, text.scope));
    }
    const TokenBatch tokenBatch = text.texts.batch(records);
    Batch batch{.site = SiteStates::compute(model_, site_, tokenBatch),
                .targets = countedTargets(tokenBatch, firstTargets, model_.device()),
                .completions = completionsOf(text.texts, records, firstTargets)};
    take(batch, std::ssize(records));
    job.progress.update({.stage = "measuring the loss",
                         .done = static_cast<std::uint64_t>(tokens),
                         .total = 0,
                         .unit = "tokens",
                         .detail = text.name});
  }
}

at::Tensor LossMeter::outputOf(const at::Tensor& x, const FeatureScales& scales) const {
  return ScaledCode(autoencoder_, keepError_)
      .forward(x, vectorOf(scales.scale, x.device()), vectorOf(scales.bias, x.device()));
}

MeasuredLosses LossMeter::before(const Text& text, const JobContext& job) const {
  const auto features = static_cast<std::size_t>(autoencoder_.features());
  const FeatureScales start{std::vector<float>(features, 1), std::vector<float>(features, 0)};
  MeasuredLosses measured{
      .text = text.name, .records = 0, .targets = 0, .loss = {}, .accuracy = {}};
  Variants<Sums> sums;
  forEachBatch(text, job, [&](const Batch& batch, std::int64_t records) {
    measured.records += records;
    const at::Tensor& x = batch.site.x;
    sums.base.add(model_, batch, batch.site.prefix.value);
    sums.sae.add(model_, batch, batch.site.valueOf(autoencoder_.decode(autoencoder_.encode(x), x)));
    sums.start.add(model_, batch, batch.site.valueOf(outputOf(x, start)));
  });
  measured.targets = sums.base.targets();
  if (measured.targets == 0) return measured;
  measured.loss = {.base = sums.base.loss(), .sae = sums.sae.loss(), .start = sums.start.loss()};
  if (sums.base.completions() > 0) {
    measured.accuracy = Variants<double>{
        .base = sums.base.accuracy(), .sae = sums.sae.accuracy(), .start = sums.start.accuracy()};
  }
  return measured;
}

void LossMeter::after(const Text& text, const FeatureScales& learned, const FeatureScales& permuted,
                      MeasuredLosses& measured, const JobContext& job) const {
  if (measured.targets == 0) return;
  Sums ofLearned, ofPermuted;
  forEachBatch(text, job, [&](const Batch& batch, std::int64_t /*records*/) {
    ofLearned.add(model_, batch, batch.site.valueOf(outputOf(batch.site.x, learned)));
    ofPermuted.add(model_, batch, batch.site.valueOf(outputOf(batch.site.x, permuted)));
  });
  measured.loss.fineTuned = ofLearned.loss();
  measured.loss.permuted = ofPermuted.loss();
  if (!measured.accuracy) return;
  measured.accuracy->fineTuned = ofLearned.accuracy();
  measured.accuracy->permuted = ofPermuted.accuracy();
}

}  // namespace featurescope
