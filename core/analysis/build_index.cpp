// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/build_index.h"

#include "core/analysis/decoder_geometry_torch.h"
#include "core/analysis/feature_scales.h"
#include "core/analysis/feature_statistics.h"
#include "core/analysis/index_provenance.h"
#include "core/analysis/sae_fit.h"
#include "core/analysis/top_activations.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/lm/device_torch.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/store/index_writer.h"
#include "core/text/display.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace featurescope {

namespace {

constexpr const char* kWhat = "cannot build the index";
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
  for (const auto& [name, value] :
       {std::pair{"--top", request.top}, std::pair{"--batch", request.batch}}) {
    if (value < 1) {
      throw UserError(ErrorCode::BadUsage, kWhat, fmt::format("{} {} is below 1", name, value));
    }
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
        statistics_(autoencoder_.features()),
        top_(autoencoder_.features(), request.top),
        writer_(request.out, request.force) {}

  IndexReport build() {
    const Provenance inputs = describeInputs(request_, job_);
    writeVocabulary();
    TokenBatch batch;
    while (corpus_.next(batch, request_.batch)) {
      job_.throwIfStopped(kHowToGoOn);
      addToStatistics(batch);
      addToCorpus(batch);
      reportProgress();
    }
    noteWhatWasLeftOut();
    writeFeatures();
    const IndexReport result = report();
    for (const Provenance& entries : {inputs, describeOutcome(corpus_.report(), result)}) {
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

  static LanguageModel openModel(const IndexRequest& request) {
    const at::Device device = resolveDevice(request.compute);
    return LanguageModel::open(
        request.model,
        {.device = device, .dtype = resolveDtype(request.compute, device), .upTo = request.site});
  }

  void writeVocabulary() {
    std::vector<std::string> display;
    display.reserve(static_cast<std::size_t>(tokenizer_.vocabularySize()));
    for (std::int32_t id = 0; id < tokenizer_.vocabularySize(); ++id) {
      display.push_back(displayToken(tokenizer_.bytes(TokenId{id})));
    }
    writer_.writeVocabulary(display);
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

  void addToStatistics(const TokenBatch& batch) {
    SparseCode code;
    autoencoder_.encodeSparse(siteValues(batch), code);
    top_.add(code, statistics_.tokens());
    statistics_.add(code);
  }

  void addToCorpus(const TokenBatch& batch) {
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      const auto first = static_cast<std::size_t>(row * batch.length);
      const auto length = static_cast<std::size_t>(batch.lengths[static_cast<std::size_t>(row)]);
      const auto tokens = std::span(batch.tokens).subspan(first, length);
      writer_.appendSequence(tokens, displayTokens(tokenizer_, tokens));
    }
  }

  void reportProgress() const {
    job_.progress.update({.stage = "indexing",
                          .done = static_cast<std::uint64_t>(statistics_.tokens()),
                          .total = estimatedTokens(),
                          .unit = "tokens",
                          .detail = fmt::format("l0 {:.1f}", statistics_.l0())});
  }

  /// From the share of the text read so far, and the limit that was asked for.
  [[nodiscard]] std::uint64_t estimatedTokens() const {
    const auto done = static_cast<double>(statistics_.tokens());
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

  void writeFeatures() {
    const std::int64_t features = statistics_.features();
    std::vector<bool> dead;
    dead.reserve(static_cast<std::size_t>(features));
    for (std::int32_t f = 0; f < features; ++f) dead.push_back(statistics_.isDead(FeatureId{f}));
    const DecoderGeometry geometry = decoderGeometry(autoencoder_.parameters().W_dec, dead);
    const at::Tensor biases = autoencoder_.parameters().b_enc.to(at::kCPU).contiguous();
    for (std::int32_t f = 0; f < features; ++f) {
      const auto at = static_cast<std::size_t>(f);
      if (f % 1024 == 0) {
        job_.progress.update({.stage = "writing the features",
                              .done = static_cast<std::uint64_t>(f),
                              .total = static_cast<std::uint64_t>(features),
                              .unit = "features",
                              .detail = {}});
        job_.throwIfStopped(kHowToGoOn);
      }
      FeatureRecord record = statisticsOf(FeatureId{f});
      record.cosineToDead = geometry.cosinesToDead[at];
      record.decoderNorm = geometry.norms[at];
      record.encoderBias = static_cast<double>(biases.const_data_ptr<float>()[at]);
      writer_.appendFeature(record, topOf(FeatureId{f}));
    }
  }

  [[nodiscard]] FeatureRecord statisticsOf(FeatureId feature) const {
    FeatureRecord record;
    record.feature = feature;
    record.activeTokens = statistics_.activeTokens(feature);
    record.max = static_cast<double>(statistics_.max(feature));
    record.meanActive = statistics_.meanActive(feature);
    if (!std::isfinite(record.meanActive)) {
      throw UserError(
          ErrorCode::NotFinite, kWhat,
          fmt::format("feature {} has a value that is not a finite number", feature.value),
          "check the SAE; its weights may be far too large");
    }
    if (scales_) {
      const auto at = static_cast<std::size_t>(feature.value);
      record.scale = static_cast<double>(scales_->scale[at]);
      record.bias = static_cast<double>(scales_->bias[at]);
    }
    return record;
  }

  [[nodiscard]] std::vector<IndexWriter::TopActivation> topOf(FeatureId feature) const {
    std::vector<IndexWriter::TopActivation> rows;
    for (const auto& [value, position] : top_.ranked(feature)) {
      rows.push_back({.position = position, .activation = value, .activationFineTuned = {}});
      if (scales_) rows.back().activationFineTuned = scales_->apply(feature, value);
    }
    return rows;
  }

  [[nodiscard]] IndexReport report() const {
    const CorpusReport& corpus = corpus_.report();
    return {.tokens = statistics_.tokens(),
            .contexts = corpus.contexts,
            .features = statistics_.features(),
            .dead = statistics_.deadFeatures(),
            .droppedTokens = corpus.droppedTokens,
            .l0 = statistics_.l0(),
            .seconds = watch_.seconds(),
            .modelSeconds = modelSeconds_};
  }

  const IndexRequest& request_;
  const JobContext& job_;
  Stopwatch watch_;
  double modelSeconds_ = 0;
  Tokenizer tokenizer_;
  Corpus corpus_;
  std::optional<FeatureScales> scales_;
  LanguageModel model_;
  Autoencoder autoencoder_;
  FeatureStatistics statistics_;
  TopActivations top_;
  IndexWriter writer_;
};

}  // namespace

IndexReport buildIndex(const IndexRequest& request, const JobContext& job) {
  return guarded(kWhat, [&] {
    const at::NoGradGuard noGradients;
    checkRequest(request);
    const Tokenizer tokenizer = Tokenizer::load(request.model);
    checkParts(request, tokenizer);
    applyThreads(request.compute);
    return IndexBuilder(request, tokenizer, job).build();
  });
}

}  // namespace featurescope
