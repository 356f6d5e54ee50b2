// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/finite_torch.h"
#include "core/sae/sparse_decoder_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/train/inserted_loss_torch.h"
#include "core/train/replacement_figures_torch.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

namespace featurescope {

namespace {

/// Elements of [tokens, M] held at a time (32 MB), and the fewest rows of a fast product.
constexpr std::int64_t kChunkElements = 1 << 23;
constexpr std::int64_t kFewestChunkRows = 64;

std::string whatFailed(const Site& site) {
  return "cannot measure the SAE at " + site.moduleName();
}

/// A batch of tokens on its way through the model.
struct TokenRows {
  at::Tensor tokens;     ///< int64 [rows, length]
  at::Tensor predicted;  ///< bool [rows, length − 1]: a real token stands behind
  at::Tensor realRows;   ///< numbers of the real tokens among rows · length; undefined: all are

  TokenRows(const TokenBatch& batch, const LanguageModel& model) : tokens(toTorch(batch, model)) {
    const at::Tensor real = realTokens(batch, model.device());
    predicted = real.narrow(1, 1, batch.length - 1);
    if (batch.padded()) realRows = real.flatten().nonzero().squeeze(1);
  }

  /// The real tokens of a site's value [rows, length, width], float32 [tokens, width].
  [[nodiscard]] at::Tensor real(const at::Tensor& value) const {
    const at::Tensor flat = value.flatten(0, 1).to(at::kFloat);
    return realRows.defined() ? flat.index_select(0, realRows) : flat;
  }
  /// `value` with these rows for its real tokens.
  [[nodiscard]] at::Tensor replaced(const at::Tensor& value, const at::Tensor& rows) const {
    const at::Tensor typed = rows.to(value.scalar_type());
    if (!realRows.defined()) return typed.view(value.sizes());
    return value.flatten(0, 1).index_copy(0, realRows, typed).view(value.sizes());
  }
  /// The sum of each row's predicted tokens' losses, float64 [rows] on the CPU.
  [[nodiscard]] at::Tensor lossSums(const LanguageModel& model, const at::Tensor& hidden) const {
    const at::Tensor losses = model.tokenLosses(hidden, tokens).to(at::kDouble);
    return losses.masked_fill(predicted.logical_not(), 0).sum(1).to(at::kCPU).contiguous();
  }
};

/// x̂ of any number of tokens, chunk by chunk, so that [tokens, M] never exists whole.
at::Tensor replaceInChunks(const ReplaceSite& replace, const at::Tensor& x, std::int64_t& features,
                           ReplacementSums* sums) {
  at::Tensor output = at::empty_like(x);
  for (std::int64_t first = 0; first < x.size(0);) {
    const std::int64_t rows =
        features > 0 ? std::max(kFewestChunkRows, kChunkElements / features) : kFewestChunkRows;
    const at::Tensor chunk = x.narrow(0, first, std::min(rows, x.size(0) - first));
    const SiteReplacement replacement = replace(chunk);
    features = replacement.activeTokens.size(0);
    output.narrow(0, first, chunk.size(0)).copy_(replacement.output);
    if (sums != nullptr) sums->add(chunk, replacement);
    first += chunk.size(0);
  }
  return output;
}

double sumOf(const at::Tensor& tensor) { return tensor.sum().item<double>(); }

/// In tokens; how many there are is known from the share of the text that was read.
void reportProgress(const JobContext& job, std::string_view stage, const Corpus& corpus,
                    const CorpusOptions& options) {
  const auto done = static_cast<double>(corpus.report().tokens);
  const double share = static_cast<double>(corpus.bytesRead()) /
                       static_cast<double>(std::max<std::uint64_t>(corpus.bytesTotal(), 1));
  double total = share > 0 ? done / std::min(share, 1.0) : 0;
  if (options.maxTokens) total = std::min(total, static_cast<double>(*options.maxTokens));
  job.progress.update({.stage = stage,
                       .done = static_cast<std::uint64_t>(done),
                       .total = static_cast<std::uint64_t>(std::max(total, done)),
                       .unit = "tokens",
                       .detail = {}});
}

}  // namespace

ReplaceSite replaceBy(const Autoencoder& autoencoder) {
  if (!autoencoder.parameters().W_enc.device().is_cpu()) {
    return [&autoencoder](const at::Tensor& x) {
      const at::Tensor features = autoencoder.encode(x);
      return replacementOf(features, autoencoder.decode(features, x));
    };
  }
  struct Memory {
    explicit Memory(const Autoencoder& of) : encoder(of) {}
    SparseEncoder encoder;
    SparseCode code;
  };
  const auto memory = std::make_shared<Memory>(autoencoder);
  return [&autoencoder, memory](const at::Tensor& x) {
    SparseCode& code = memory->code;
    code.clear();
    memory->encoder.encode(x, code);
    SiteReplacement replacement{.output = decode(autoencoder, code, x),
                                .activeTokens = at::zeros({code.features}, at::kLong)};
    auto* active = replacement.activeTokens.mutable_data_ptr<std::int64_t>();
    for (const std::int32_t feature : code.indices) ++active[feature];
    replacement.l1 = std::accumulate(code.values.begin(), code.values.end(), 0.0);
    return replacement;
  };
}

SiteReplacement replacementOf(const at::Tensor& features, at::Tensor output) {
  return {.output = std::move(output),
          .activeTokens = features.gt(0).sum(0),
          .l1 = features.sum(at::kDouble).item<double>()};
}

/// One pass over the texts with a replacement in place.
class InsertedLossMeter::Pass {
 public:
  Pass(InsertedLossMeter& meter, const ReplaceSite& replace)
      : meter_(meter), model_(meter.model_), replace_(replace), sums_(meter.mean_) {
    sites_.push_back(meter.options_.site);
    for (const Site& site : meter.options_.furtherSites) {
      sites_.push_back(site);
      result_.furtherSites.push_back({.site = site});
    }
    if (!meter.measured_) meter.furtherZeros_.assign(meter.options_.furtherSites.size(), 0);
  }

  InsertedLoss run(const JobContext& job) {
    Corpus corpus(meter_.tokenizer_, meter_.options_.corpus);
    TokenBatch batch;
    while (corpus.next(batch, meter_.options_.contextsPerPass)) {
      job.throwIfStopped();
      add(batch);
      reportProgress(job, "measuring the loss", corpus, meter_.options_.corpus);
    }
    result_.corpus = corpus.report();
    return finish();
  }

 private:
  void add(const TokenBatch& batch) {
    const TokenRows rows(batch, model_);
    const LanguageModel::Captured captured =
        model_.forward(rows.tokens, captures(), std::nullopt, /*wholePass=*/!meter_.measured_);
    const LanguageModel::Prefix prefix = prefixAt(sites_.front(), captured, rows.tokens);
    const at::Tensor x = finite(rows.real(prefix.value), prefix.site);
    const at::Tensor output = replaceInChunks(replace_, x, features_, &sums_);
    const at::Tensor sae = suffix(rows, prefix, rows.replaced(prefix.value, output));
    if (!meter_.measured_) addReferences(batch, rows, captured.hidden, prefix);
    addContexts(batch, sae);
    for (std::size_t i = 1; i < sites_.size(); ++i) {
      addFurther(i - 1, rows, prefixAt(sites_[i], captured, rows.tokens));
    }
  }

  /// What the prefixes of all sites are made of: each value, and the stream that enters its block.
  [[nodiscard]] std::vector<Site> captures() const {
    std::vector<Site> captures = sites_;
    for (const Site& site : sites_) {
      if (site.kind != SiteKind::Resid && site.layer.value > 0) captures.push_back(before(site));
    }
    return captures;
  }
  [[nodiscard]] static Site before(const Site& site) {
    return {Layer{site.layer.value - 1}, SiteKind::Resid};
  }
  [[nodiscard]] LanguageModel::Prefix prefixAt(const Site& site,
                                               const LanguageModel::Captured& captured,
                                               const at::Tensor& tokens) const {
    LanguageModel::Prefix prefix{
        .site = site, .value = captured.sites.at(site), .hidden = {}, .partial = {}};
    if (site.kind == SiteKind::Resid) return prefix;
    prefix.hidden = site.layer.value > 0 ? captured.sites.at(before(site)) : model_.embed(tokens);
    return prefix;
  }
  [[nodiscard]] static const at::Tensor& finite(const at::Tensor& x, const Site& site) {
    if (allFinite(x)) return x;
    throw UserError(ErrorCode::NotFinite, whatFailed(site),
                    "the model computed a value there that is not a finite number",
                    "try --dtype float32");
  }

  [[nodiscard]] at::Tensor suffix(const TokenRows& rows, const LanguageModel::Prefix& prefix,
                                  const at::Tensor& value) const {
    return rows.lossSums(model_, model_.forwardFrom(prefix, value));
  }
  [[nodiscard]] at::Tensor zeroSuffix(const TokenRows& rows,
                                      const LanguageModel::Prefix& prefix) const {
    return suffix(rows, prefix, at::zeros_like(prefix.value));
  }

  void addReferences(const TokenBatch& batch, const TokenRows& rows, const at::Tensor& lastHidden,
                     const LanguageModel::Prefix& prefix) {
    const at::Tensor meanValue =
        meter_.mean_.to(prefix.value.scalar_type()).expand_as(prefix.value).contiguous();
    const at::Tensor base = rows.lossSums(model_, lastHidden);
    const at::Tensor zero = zeroSuffix(rows, prefix), mean = suffix(rows, prefix, meanValue);
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      const std::int64_t predicted = predictedTokens(batch, row);
      if (predicted == 0) continue;
      meter_.references_.push_back({.predicted = predicted,
                                    .base = base.const_data_ptr<double>()[row],
                                    .sae = 0,
                                    .zero = zero.const_data_ptr<double>()[row],
                                    .mean = mean.const_data_ptr<double>()[row]});
    }
  }

  void addContexts(const TokenBatch& batch, const at::Tensor& sae) {
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      const std::int64_t predicted = predictedTokens(batch, row);
      if (predicted == 0) continue;
      const std::size_t at = result_.contexts.size();
      if (at >= meter_.references_.size() || meter_.references_[at].predicted != predicted) {
        throwChanged();
      }
      result_.contexts.push_back(meter_.references_[at]);
      result_.contexts.back().sae = sae.const_data_ptr<double>()[row];
    }
  }
  [[nodiscard]] static std::int64_t predictedTokens(const TokenBatch& batch, std::int64_t row) {
    return std::max(batch.lengths[static_cast<std::size_t>(row)] - 1, 0);
  }

  void addFurther(std::size_t index, const TokenRows& rows, const LanguageModel::Prefix& prefix) {
    const at::Tensor x = finite(rows.real(prefix.value), prefix.site);
    const at::Tensor output = replaceInChunks(replace_, x, features_, nullptr);
    result_.furtherSites[index].sae +=
        sumOf(suffix(rows, prefix, rows.replaced(prefix.value, output)));
    if (!meter_.measured_) meter_.furtherZeros_[index] += sumOf(zeroSuffix(rows, prefix));
  }

  [[nodiscard]] InsertedLoss finish() {
    if (result_.contexts.size() != meter_.references_.size()) throwChanged();
    if (result_.contexts.empty()) {
      throw UserError(ErrorCode::BadText, whatFailed(sites_.front()),
                      "no sequence of the texts has a second token to predict",
                      "give longer texts");
    }
    meter_.measured_ = true;
    const ContextLoss total = result_.total();
    const auto predicted = static_cast<double>(total.predicted);
    for (std::size_t i = 0; i < result_.furtherSites.size(); ++i) {
      result_.furtherSites[i].sae /= predicted;
      result_.furtherSites[i].zero = meter_.furtherZeros_[i] / predicted;
    }
    if (!std::isfinite(total.base + total.sae + total.zero + total.mean)) {
      throw UserError(ErrorCode::NotFinite, whatFailed(sites_.front()),
                      "a loss is not a finite number", "try --dtype float32");
    }
    result_.tokens = sums_.tokens();
    result_.figures = sums_.figures();
    return std::move(result_);
  }

  [[noreturn]] void throwChanged() const {
    throw UserError(ErrorCode::BadText, whatFailed(sites_.front()),
                    "the texts have changed since they were first read",
                    "leave the files as they are while a run reads them");
  }

  InsertedLossMeter& meter_;
  const LanguageModel& model_;
  const ReplaceSite& replace_;
  std::vector<Site> sites_;  ///< the site, then the further ones
  ReplacementSums sums_;
  std::int64_t features_ = 0;
  InsertedLoss result_;
};

InsertedLossMeter::InsertedLossMeter(const LanguageModel& model, Tokenizer tokenizer,
                                     Options options)
    : model_(model), tokenizer_(std::move(tokenizer)), options_(std::move(options)) {}

InsertedLoss InsertedLossMeter::measure(const ReplaceSite& replace, const JobContext& job) {
  const at::NoGradGuard noGradients;
  if (!measured_) {
    references_.clear();
    measureMean(job);
  }
  return Pass(*this, replace).run(job);
}

void InsertedLossMeter::measureMean(const JobContext& job) {
  Corpus corpus(tokenizer_, options_.corpus);
  TokenBatch batch;
  at::Tensor sum = at::zeros({options_.site.width(model_.config())},
                             at::TensorOptions(model_.device()).dtype(at::kDouble));
  std::int64_t tokens = 0;
  while (corpus.next(batch, options_.contextsPerPass)) {
    job.throwIfStopped();
    const TokenRows rows(batch, model_);
    const at::Tensor x = rows.real(model_.activations(rows.tokens, options_.site));
    sum += x.sum(0, /*keepdim=*/false, at::kDouble);
    tokens += x.size(0);
    reportProgress(job, "averaging the site's values", corpus, options_.corpus);
  }
  mean_ = sum / std::max<std::int64_t>(tokens, 1);
}

}  // namespace featurescope
