// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/build_index.h"

#include "core/analysis/index_collectors_torch.h"
#include "core/analysis/index_provenance.h"
#include "core/analysis/write_features_torch.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/task_line.h"
#include "core/lm/block_reuse.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/feature_scales.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/store/index_writer.h"
#include "core/text/display.h"
#include "core/train/sae_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot build the index";
/// What the disk holds up, the model need not wait for.
constexpr std::size_t kBatchesToWrite = 8;
constexpr const char* kHowToGoOn = "nothing was written; the same command starts over";

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void checkRequest(const IndexRequest& request) {
  checkOutput(request.out, request.force);
  const auto least = [](const char* flag, std::int64_t value, std::int64_t bound) {
    if (value >= bound) return;
    throw UserError(ErrorCode::BadUsage, kWhat,
                    fmt::format("{} {} is below {}", flag, value, bound));
  };
  const IndexDetail& detail = request.detail;
  least("--top", detail.top, 1);
  least("--batch", request.batch, 1);
  for (const auto& [flag, value] :
       {std::pair{"--quantiles", detail.quantiles},
        std::pair{"--quantile-examples", detail.quantileExamples},
        std::pair{"--samples", detail.samples}, std::pair{"--near-misses", detail.nearMisses},
        std::pair{"--feature-tokens", detail.featureTokens},
        std::pair{"--neighbours", detail.neighbours},
        std::pair{"--logit-tokens", detail.logitTokens},
        std::pair{"--postings-budget", detail.postingsBudget}}) {
    least(flag, value, 0);
  }
}

/// What does not need the weights, so that a mistake is told within a second.
void checkParts(const IndexRequest& request, const Tokenizer& tokenizer) {
  const NeoxConfig config = NeoxConfig::load(request.model);
  checkFits(inspectCheckpoint(request.sae), config, request.site);
  if (tokenizer.vocabularySize() > config.vocabulary) {
    throw UserError(ErrorCode::ShapeMismatch, kWhat,
                    fmt::format("the tokenizer has ids below {}, the model knows {} tokens",
                                tokenizer.vocabularySize(), config.vocabulary),
                    "use the tokenizer.json that came with the model");
  }
  if (request.corpus.context > config.maxPositions) {
    throw UserError(ErrorCode::ShapeMismatch, kWhat,
                    fmt::format("a context of {} tokens is longer than the model's {} positions",
                                request.corpus.context, config.maxPositions),
                    "use a shorter --context");
  }
}

/// Text goes in, an index comes out; holds what is collected on the way.
class IndexBuilder {
 public:
  /// The parts of `request` must have been checked against each other.
  IndexBuilder(const IndexRequest& request, const Tokenizer& tokenizer, const JobContext& job)
      : request_(request),
        job_(job),
        tokenizer_(tokenizer),
        corpus_(tokenizer, request.corpus),
        scales_(openScales(request)),
        model_(openModel(request)),
        autoencoder_(Autoencoder::load(request.sae, model_.device())),
        encoder_(autoencoder_, scaling()),
        attribution_(openAttribution(request)),
        collected_({.features = autoencoder_.features(),
                    .vocabulary = tokenizer.vocabularySize(),
                    .seed = request.compute.seed,
                    .folder = makeFolderOf(request.out),
                    .fineTuned = scales_.has_value()},
                   request.detail),
        writer_(request.out, request.force, request.detail.postingsBudget) {}

  IndexReport build() {
    const Provenance inputs = describeInputs(request_, job_);
    writeVocabulary();
    TokenBatch batch;
    while (corpus_.next(batch, request_.batch)) {
      job_.throwIfStopped(kHowToGoOn);
      addBatch(batch);
      reportProgress();
    }
    noteWhatWasLeftOut();
    writing_.finish();
    collected_.finish();
    countsCoActivations_ = collected_.coActivations().isWhole();
    writeFeatures(writer_, sources(), request_.detail, job_);
    const IndexReport result = report();
    for (const Provenance& entries :
         {inputs, describeOutcome(corpus_.report(), result, request_.detail)}) {
      for (const auto& [key, value] : entries) writer_.writeProvenance(key, value);
    }
    writer_.finish();
    return result;
  }

 private:
  static std::optional<FeatureScales> openScales(const IndexRequest& request) {
    if (!request.fineTuning) return std::nullopt;
    const CheckpointInfo sae = inspectCheckpoint(request.sae);
    checkFineTunable(sae);
    return FeatureScales::load(*request.fineTuning, sae.features);
  }

  [[nodiscard]] std::optional<SparseEncoder::Scaling> scaling() const {
    if (!scales_) return std::nullopt;
    return SparseEncoder::Scaling{.scale = scales_->scale, .bias = scales_->bias};
  }

  static LanguageModel openModel(const IndexRequest& request) {
    const at::Device device = resolveDevice(request.compute);
    return LanguageModel::open(
        request.model,
        {.device = device, .dtype = resolveDtype(request.compute, device), .upTo = request.site});
  }

  /// Between the site before the MLP's nonlinearity and the logits lies no linear way.
  static std::optional<LogitAttribution> openAttribution(const IndexRequest& request) {
    if (request.site.kind == SiteKind::MlpPre || request.detail.logitTokens == 0) {
      return std::nullopt;
    }
    return LogitAttribution::open(request.model, request.site, request.compute);
  }

  /// Temporary data lies where the index will, on a disk that has room.
  static std::filesystem::path makeFolderOf(const std::filesystem::path& file) {
    std::filesystem::path folder = file.parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder);
    return folder;
  }

  void writeVocabulary() {
    std::vector<std::string> display, bytes;
    display.reserve(static_cast<std::size_t>(tokenizer_.vocabularySize()));
    bytes.reserve(display.capacity());
    for (std::int32_t id = 0; id < tokenizer_.vocabularySize(); ++id) {
      bytes.emplace_back(tokenizer_.bytes(TokenId{id}));
      display.push_back(displayToken(bytes.back()));
    }
    writer_.writeVocabulary(display, bytes);
  }

  /// x of the real tokens, in stream order, [tokens, width].
  at::Tensor siteValues(const TokenBatch& batch) {
    const Stopwatch watch;
    at::Tensor x = model_.activations(toTorch(batch, model_), request_.site).flatten(0, 1);
    if (batch.padded()) {
      x = x.index_select(0, realTokens(batch, model_.device()).flatten().nonzero().squeeze(1));
    }
    modelSeconds_ += watch.seconds();
    return x;
  }

  void addBatch(const TokenBatch& batch) {
    const at::Tensor x = siteValues(batch);
    const auto code = std::make_shared<SparseCode>();
    fineTuned_.clear();
    encoder_.encode(x, *code, scales_ ? &fineTuned_ : nullptr);
    checkFinite(*code);
    checkFinite(fineTuned_);
    writing_.add([this, batch, code, first = collected_.tokens()] {
      for (std::int64_t row = 0; row < batch.rows(); ++row) {
        const auto tokens = batch.row(row);
        writer_.appendSequence(tokens, displayTokens(tokenizer_, tokens));
      }
      writer_.appendActivations(first, code->indptr, code->indices, code->values);
    });
    tokens_.clear();
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      const auto tokens = batch.row(row);
      tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    }
    collected_.add(x, *code, tokens_);
    if (scales_) collected_.addFineTuned(fineTuned_, tokens_);
  }

  static void checkFinite(const SparseCode& code) {
    const auto wrong =
        std::ranges::find_if_not(code.values, [](float value) { return std::isfinite(value); });
    if (wrong == code.values.end()) return;
    const auto entry = static_cast<std::size_t>(wrong - code.values.begin());
    throw UserError(
        ErrorCode::NotFinite, kWhat,
        fmt::format("feature {} has a value that is not a finite number", code.indices[entry]),
        "check the SAE; its weights may be far too large");
  }

  [[nodiscard]] FeatureSources sources() {
    return {.collected = collected_,
            .autoencoder = autoencoder_,
            .scales = scales_ ? &*scales_ : nullptr,
            .attribution = attribution_ ? &*attribution_ : nullptr,
            .tokenizer = tokenizer_};
  }

  void reportProgress() const {
    job_.progress.update({.stage = "indexing",
                          .done = static_cast<std::uint64_t>(collected_.tokens()),
                          .total = estimatedTokens(),
                          .unit = "tokens",
                          .detail = fmt::format("l0 {:.1f}", collected_.l0())});
  }

  /// From the share of the text read so far, and the limit that was asked for.
  [[nodiscard]] std::uint64_t estimatedTokens() const {
    const auto done = static_cast<double>(collected_.tokens());
    const auto share = static_cast<double>(corpus_.bytesRead()) /
                       static_cast<double>(std::max<std::uint64_t>(corpus_.bytesTotal(), 1));
    double total = share > 0 ? done / std::min(share, 1.0) : 0;
    if (const auto limit = request_.corpus.maxTokens) {
      total = std::min(total, static_cast<double>(*limit));
    }
    return static_cast<std::uint64_t>(std::max(total, done));
  }

  void noteWhatWasLeftOut() const {
    const CorpusReport& corpus = corpus_.report();
    if (corpus.droppedTokens > 0) {
      job_.progress.note(request_.corpus.packing == Packing::Packed
                             ? fmt::format("dropped the last {} tokens: they fill no context",
                                           corpus.droppedTokens)
                             : fmt::format("dropped {} tokens beyond the context of their document",
                                           corpus.droppedTokens));
    }
    if (corpus.emptyDocuments > 0) {
      job_.progress.note(fmt::format("skipped {} empty documents", corpus.emptyDocuments));
    }
  }

  [[nodiscard]] IndexReport report() const {
    const CorpusReport& corpus = corpus_.report();
    return {.tokens = collected_.statistics().tokens(),
            .contexts = corpus.contexts,
            .features = collected_.statistics().features(),
            .dead = collected_.statistics().deadFeatures(),
            .droppedTokens = corpus.droppedTokens,
            .l0 = collected_.statistics().l0(),
            .seconds = watch_.seconds(),
            .modelSeconds = modelSeconds_,
            .countedCoActivations = countsCoActivations_};
  }

  const IndexRequest& request_;
  const JobContext& job_;
  Stopwatch watch_;
  double modelSeconds_ = 0;
  bool countsCoActivations_ = false;
  Tokenizer tokenizer_;
  Corpus corpus_;
  std::optional<FeatureScales> scales_;
  LanguageModel model_;
  Autoencoder autoencoder_;
  SparseEncoder encoder_;
  std::optional<LogitAttribution> attribution_;
  IndexCollectors collected_;
  IndexWriter writer_;
  TaskLine writing_{kBatchesToWrite};  ///< of the corpus into writer_; ends before it
  // Of the batch at hand.
  std::vector<TokenId> tokens_;
  SparseCode fineTuned_;
};

}  // namespace

IndexReport buildIndex(const IndexRequest& request, const JobContext& job) {
  return guarded(kWhat, [&] {
    const at::NoGradGuard noGradients;
    checkRequest(request);
    const Tokenizer tokenizer = Tokenizer::load(request.model);
    checkParts(request, tokenizer);
    applyThreads(request.compute);
    const BlockReuse reuse;
    return IndexBuilder(request, tokenizer, job).build();
  });
}

}  // namespace featurescope
