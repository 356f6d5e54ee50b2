// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/co_activation.h"
#include "core/analysis/decoder_geometry_torch.h"
#include "core/analysis/feature_neighbours_torch.h"
#include "core/analysis/near_misses_torch.h"
#include "core/analysis/write_features_torch.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace featurescope {

namespace {

using Activations = std::vector<TopActivations::Activation>;

class FeatureWriter {
 public:
  FeatureWriter(IndexWriter& writer, const FeatureSources& sources, const IndexDetail& detail,
                const JobContext& job)
      : writer_(writer),
        sources_(sources),
        collected_(sources.collected),
        detail_(detail),
        job_(job),
        features_(static_cast<std::int32_t>(sources.autoencoder.features())) {}

  void write() {
    writeRows();
    writeCoActivations();
    const AutoencoderParameters& parameters = sources_.autoencoder.parameters();
    writeNeighbours(parameters.W_dec, NeighbourRelation::DecoderCosine,
                    "comparing decoder directions");
    writeNeighbours(parameters.W_enc.t(), NeighbourRelation::EncoderCosine,
                    "comparing encoder directions");
    writeLogits();
  }

 private:
  void report(std::string_view stage, std::int32_t feature) const {
    if (feature % 256 != 0) return;
    job_.progress.update({.stage = stage,
                          .done = static_cast<std::uint64_t>(feature),
                          .total = static_cast<std::uint64_t>(features_),
                          .unit = "features",
                          .detail = {}});
    job_.throwIfStopped();
  }

  // --- A feature's row and what it fires on ---

  void writeRows() {
    const AutoencoderParameters& parameters = sources_.autoencoder.parameters();
    std::vector<bool> dead;
    dead.reserve(static_cast<std::size_t>(features_));
    for (std::int32_t f = 0; f < features_; ++f) {
      dead.push_back(collected_.statistics().isDead(FeatureId{f}));
    }
    const DecoderGeometry decoder = decoderGeometry(parameters.W_dec, dead);
    const DecoderGeometry encoder = decoderGeometry(parameters.W_enc.t(), dead);
    const at::Tensor biases = parameters.b_enc.to(at::kCPU).contiguous();
    const auto misses =
        nearMisses(sources_.autoencoder, collected_.tokenSample(), detail_.nearMisses, job_);
    writeHistogramEdges();
    for (std::int32_t f = 0; f < features_; ++f) {
      report("writing the features", f);
      const FeatureId feature{f};
      const auto at = static_cast<std::size_t>(f);
      const FeatureTokens::Found tokens =
          collected_.featureTokens().find(feature, detail_.featureTokens);
      FeatureRecord record = statisticsOf(feature);
      record.topTokenCount = tokens.ofStrongest.activations;
      record.cosineToDead = decoder.cosinesToDead[at];
      record.decoderNorm = decoder.norms[at];
      record.encoderCosineToDead = encoder.cosinesToDead[at];
      record.encoderNorm = encoder.norms[at];
      record.encoderBias = static_cast<double>(biases.const_data_ptr<float>()[at]);
      writeExamples(record, misses[at]);
      writeHistogram(feature);
      writeTokens(feature, tokens.mostFrequent);
    }
  }

  [[nodiscard]] FeatureRecord statisticsOf(FeatureId feature) const {
    const FeatureStatistics& statistics = collected_.statistics();
    FeatureRecord record;
    record.feature = feature;
    record.activeTokens = statistics.activeTokens(feature);
    record.max = static_cast<double>(statistics.max(feature));
    record.meanActive = statistics.meanActive(feature);
    const Interval density = wilsonInterval(record.activeTokens, statistics.tokens());
    record.densityLow = density.low;
    record.densityHigh = density.high;
    if (const auto& after = collected_.fineTuned()) {
      const auto at = static_cast<std::size_t>(feature.value);
      record.scale = static_cast<double>(sources_.scales->scale[at]);
      record.bias = static_cast<double>(sources_.scales->bias[at]);
      record.activeTokensFineTuned = after->statistics.activeTokens(feature);
      record.maxFineTuned = static_cast<double>(after->statistics.max(feature));
      record.meanActiveFineTuned = after->statistics.meanActive(feature);
    }
    return record;
  }

  void writeExamples(const FeatureRecord& record, const Activations& nearMissesOfIt) {
    const FeatureId feature = record.feature;
    writer_.appendFeature(record, examples(feature, collected_.top().ranked(feature)));
    const Activations drawn = collected_.sample().drawn(feature);
    if (detail_.quantiles > 0 && detail_.quantileExamples > 0) {
      std::int64_t part = 0;
      for (const auto& group :
           equalCountGroups(drawn, detail_.quantiles, detail_.quantileExamples)) {
        writer_.appendExamples(feature, ExampleKind::Quantile, ++part, examples(feature, group));
      }
    }
    const auto samples = std::min(detail_.samples, std::ssize(drawn));
    writer_.appendExamples(
        feature, ExampleKind::Random, 0,
        examples(feature, std::span(drawn).first(static_cast<std::size_t>(samples))));
    writer_.appendExamples(feature, ExampleKind::NearMiss, 0, examples(feature, nearMissesOfIt));
  }

  [[nodiscard]] std::vector<IndexWriter::Example> examples(
      FeatureId feature, std::span<const TopActivations::Activation> activations) const {
    std::vector<IndexWriter::Example> rows;
    rows.reserve(activations.size());
    for (const auto& [value, position] : activations) {
      rows.push_back({.position = position, .activation = value});
      if (sources_.scales != nullptr) {
        rows.back().activationFineTuned = sources_.scales->apply(feature, value);
      }
    }
    return rows;
  }

  void writeHistogramEdges() {
    std::vector<double> edges;
    edges.reserve(ActivationHistogram::kBins + 1);
    for (int bin = 0; bin <= ActivationHistogram::kBins; ++bin) {
      edges.push_back(ActivationHistogram::lowerEdge(bin));
    }
    writer_.writeHistogramEdges(edges);
  }

  void writeHistogram(FeatureId feature) {
    std::vector<IndexWriter::HistogramCount> counts;
    for (std::int32_t bin = 0; bin < ActivationHistogram::kBins; ++bin) {
      const auto at = static_cast<std::size_t>(bin);
      IndexWriter::HistogramCount row{.bin = bin,
                                      .count = collected_.histogram().counts(feature)[at]};
      std::int64_t after = 0;
      if (const auto& fineTuned = collected_.fineTuned()) {
        after = fineTuned->histogram.counts(feature)[at];
        row.countFineTuned = after;
      }
      if (row.count > 0 || after > 0) counts.push_back(row);
    }
    writer_.appendHistogram(feature, counts);
  }

  void writeTokens(FeatureId feature, std::span<const FeatureToken> tokens) {
    std::vector<IndexWriter::TokenCount> rows;
    rows.reserve(tokens.size());
    for (const FeatureToken& token : tokens) {
      rows.push_back({.token = token.token, .count = token.activations});
    }
    writer_.appendFeatureTokens(feature, rows);
  }

  // --- Between features ---

  /// Counted where the work allows it, else estimated from samples.
  void writeCoActivations() {
    if (detail_.neighbours == 0) return;
    if (!collected_.coActivations().isWhole()) {
      estimateCoActivations();
      return;
    }
    collected_.coActivations().forEach(
        collected_.statistics(), detail_.neighbours, job_,
        [&](FeatureId feature, const CoActivationCounts::Strongest& strongest) {
          writer_.appendNeighbours(feature, NeighbourRelation::Jaccard, strongest.byJaccard);
          writer_.appendNeighbours(feature, NeighbourRelation::Pearson, strongest.byPearson);
        });
  }

  void estimateCoActivations() {
    CoActivations coActivations(collected_.sample(), collected_.statistics());
    for (std::int32_t f = 0; f < features_; ++f) {
      report("comparing where features fire", f);
      const FeatureId feature{f};
      auto found = coActivations.strongest(feature, 2 * detail_.neighbours);
      writeStrongest(feature, NeighbourRelation::Jaccard, found, &CoActivation::jaccard);
      writeStrongest(feature, NeighbourRelation::Pearson, found, &CoActivation::pearson);
    }
  }

  void writeStrongest(FeatureId feature, NeighbourRelation relation,
                      std::vector<CoActivation>& found, double CoActivation::*value) {
    std::ranges::sort(found, [value](const CoActivation& a, const CoActivation& b) {
      return a.*value != b.*value ? a.*value > b.*value : a.feature < b.feature;
    });
    std::vector<Neighbour> rows;
    for (const CoActivation& other : found) {
      if (std::ssize(rows) == detail_.neighbours || other.*value <= 0) break;
      rows.push_back({.feature = other.feature, .value = other.*value});
    }
    writer_.appendNeighbours(feature, relation, rows);
  }

  void writeNeighbours(const at::Tensor& rows, NeighbourRelation relation, std::string_view stage) {
    if (detail_.neighbours == 0) return;
    FeatureNeighbours(rows).forEach(
        detail_.neighbours, job_,
        [&](FeatureId feature, const std::vector<SimilarFeature>& nearest) {
          report(stage, feature.value);
          std::vector<Neighbour> neighbours;
          neighbours.reserve(nearest.size());
          for (const SimilarFeature& other : nearest) {
            neighbours.push_back({.feature = other.feature, .value = other.cosine});
          }
          writer_.appendNeighbours(feature, relation, neighbours);
        });
  }

  void writeLogits() {
    if (sources_.attribution == nullptr || detail_.logitTokens == 0) return;
    sources_.attribution->forEachFeature(
        sources_.autoencoder.parameters().W_dec, sources_.tokenizer, detail_.logitTokens, job_,
        [&](FeatureId feature, const ExtremeLogits& extremes) {
          report("attributing features to logits", feature.value);
          writer_.appendLogitTokens(feature, rowsOf(extremes.promoted),
                                    rowsOf(extremes.suppressed));
        });
  }

  static std::vector<IndexWriter::LogitToken> rowsOf(const std::vector<TokenLogit>& tokens) {
    std::vector<IndexWriter::LogitToken> rows;
    rows.reserve(tokens.size());
    for (const auto& [token, value] : tokens) {
      rows.push_back({.token = token, .value = static_cast<double>(value)});
    }
    return rows;
  }

  IndexWriter& writer_;
  const FeatureSources& sources_;
  IndexCollectors& collected_;
  const IndexDetail& detail_;
  const JobContext& job_;
  std::int32_t features_;
};

}  // namespace

void writeFeatures(IndexWriter& writer, const FeatureSources& sources, const IndexDetail& detail,
                   const JobContext& job) {
  FeatureWriter(writer, sources, detail, job).write();
}

}  // namespace featurescope
