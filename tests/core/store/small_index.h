// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/store/index_writer.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace featurescope::testing {

/// An index held in plain vectors: what the writer was given, to compare its file against.
struct SmallIndex {
  std::vector<std::string> vocabulary, bytes;
  std::vector<TokenId> tokens;
  std::vector<std::string> display;  ///< of each token of the stream
  std::vector<std::size_t> sequenceLengths;
  struct Feature {
    FeatureRecord record;
    std::map<Position, float> activations;
    std::vector<IndexWriter::Example> top, random, nearMisses;
    std::vector<std::vector<IndexWriter::Example>> quantiles;
    std::vector<IndexWriter::HistogramCount> histogram;
    std::vector<IndexWriter::TokenCount> tokens;
    std::vector<IndexWriter::LogitToken> promoted, suppressed;
    std::vector<Neighbour> neighbours;  ///< the same in each relation
  };
  std::vector<Feature> features;
  std::vector<double> histogramEdges{0, 0.25, 0.5, 1, 2};
  Provenance provenance{{"model", "tiny"}, {"site", "gpt_neox.layers.1.mlp.dense_4h_to_h"}};

  /// First and one-past-last position of the sequence that holds `position`.
  [[nodiscard]] std::pair<std::size_t, std::size_t> sequenceAround(std::size_t position) const {
    std::size_t start = 0;
    for (const std::size_t length : sequenceLengths) {
      if (position < start + length) return {start, start + length};
      start += length;
    }
    return {start, start};
  }

  /// The displayed tokens around `position`, joined.
  [[nodiscard]] std::string contextAround(std::size_t position, std::size_t reach) const {
    const auto [start, end] = sequenceAround(position);
    std::string text;
    for (std::size_t i = start; i < end; ++i) {
      if (i + reach >= position && i <= position + reach) text += display[i];
    }
    return text;
  }

  [[nodiscard]] const std::string& bytesAt(std::size_t position) const {
    return bytes[static_cast<std::size_t>(tokens[position].value)];
  }
};

inline void addText(SmallIndex& index, RandomStream& random) {
  index.vocabulary = {"·the",  "·cat", "↵",          ":", "→",  "\\xC3",
                      "\\xA9", "",     "·\"quote\"", ",", "ing"};
  index.bytes = {" the", " cat", "\n", ":", "\t", "\xC3", "\xA9", "", " \"quote\"", ",", "ing"};
  for (int s = 0; s < 30; ++s) {
    const std::size_t length = 1 + random.below(60);
    index.sequenceLengths.push_back(length);
    for (std::size_t i = 0; i < length; ++i) {
      auto token = static_cast<std::int32_t>(random.below(index.vocabulary.size()));
      const bool continuesCharacter =
          i > 0 && index.tokens.back().value == 5 && index.display.back() == "é";
      if (continuesCharacter) token = 6;
      index.tokens.push_back(TokenId{token});
      const bool startsCharacter = token == 5 && i + 1 < length && random.below(2) == 0;
      index.display.push_back(continuesCharacter ? ""
                              : startsCharacter
                                  ? "é"
                                  : index.vocabulary[static_cast<std::size_t>(token)]);
    }
  }
  // One sequence comes twice.
  index.sequenceLengths.push_back(index.sequenceLengths[0]);
  for (std::size_t i = 0; i < index.sequenceLengths[0]; ++i) {
    index.tokens.push_back(index.tokens[i]);
    index.display.push_back(index.display[i]);
  }
}

/// The activations and what follows from them, by the plainest means.
inline void addActivations(SmallIndex& index, SmallIndex::Feature& feature, RandomStream& random,
                           bool fineTuned) {
  FeatureRecord& record = feature.record;
  const double density = random.uniform() * random.uniform() * 0.2;
  const auto favourite = static_cast<std::int32_t>(random.below(index.vocabulary.size()));
  std::map<std::int32_t, std::int64_t> tokenCounts;
  std::map<std::int32_t, std::int64_t> binCounts;
  std::vector<IndexWriter::Example> all;
  const std::size_t again = index.tokens.size() - index.sequenceLengths.back();
  for (std::size_t i = 0; i < index.tokens.size(); ++i) {
    const bool isFavourite = index.tokens[i].value == favourite;
    bool active = random.uniform() < (isFavourite ? 3 * density : density);
    auto value = static_cast<float>(0.1 + static_cast<double>(random.below(8)) / 7);
    if (i >= again) {  // as a model that sees the same text again
      const auto first = feature.activations.find(static_cast<Position>(i - again));
      active = first != feature.activations.end();
      if (active) value = first->second;
    }
    if (!active) continue;
    feature.activations.emplace(static_cast<Position>(i), value);
    all.push_back({static_cast<Position>(i), value, std::nullopt});
    if (fineTuned) all.back().activationFineTuned = static_cast<float>(random.uniform());
    ++tokenCounts[index.tokens[i].value];
    ++binCounts[value < 0.25F ? 0 : value < 0.5F ? 1 : value < 1.0F ? 2 : 3];
    record.meanActive += static_cast<double>(value);
  }
  if (all.empty()) return;
  std::ranges::stable_sort(all, std::ranges::greater{}, &IndexWriter::Example::activation);
  record.activeTokens = std::ssize(all);
  record.meanActive /= static_cast<double>(all.size());
  record.max = static_cast<double>(all.front().activation);
  const auto first = static_cast<std::size_t>(all.front().position);
  record.topToken = index.display[first];
  record.topTokenCount = tokenCounts[index.tokens[first].value];
  for (const auto& [bin, count] : binCounts) {
    feature.histogram.push_back({bin, count, std::nullopt});
    if (fineTuned) feature.histogram.back().countFineTuned = count / 2;
  }
  for (const auto& [token, count] : tokenCounts) {
    feature.tokens.push_back({TokenId{token}, count});
  }
  std::ranges::stable_sort(feature.tokens, std::ranges::greater{}, &IndexWriter::TokenCount::count);
  feature.top.assign(all.begin(), all.begin() + std::min<std::ptrdiff_t>(30, std::ssize(all)));
  for (int i = 0; i < 5; ++i) feature.random.push_back(all[random.below(all.size())]);
  feature.quantiles.resize(2);
  feature.quantiles[0] = {all.front()};
  feature.quantiles[1] = {all.back(), all[all.size() / 2]};
}

/// A random index: sequences of 1 to 60 tokens, some tokens shown otherwise than the vocabulary
/// says (parts of "é" and "→"), some features dead, and a fine-tuning where asked.
inline SmallIndex makeSmallIndex(std::uint64_t seed, bool fineTuned,
                                 std::int32_t featureCount = 40) {
  RandomStream random(seed);
  SmallIndex index;
  addText(index, random);
  index.features.reserve(static_cast<std::size_t>(featureCount));
  for (std::int32_t f = 0; f < featureCount; ++f) {
    SmallIndex::Feature& feature = index.features.emplace_back();
    FeatureRecord& record = feature.record;
    record.feature = FeatureId{f};
    record.decoderNorm = random.uniform();
    record.encoderBias = static_cast<double>(static_cast<float>(random.normal()));
    if (random.below(4) != 0) record.cosineToDead = random.normal() / 4;
    if (random.below(5) != 0) addActivations(index, feature, random, fineTuned);
    record.dead = record.activeTokens == 0;
    record.density =
        static_cast<double>(record.activeTokens) / static_cast<double>(index.tokens.size());
    record.densityLow = record.density / 2;
    record.densityHigh = record.density * 2;
    record.encoderNorm = random.uniform();
    record.encoderCosineToDead = random.normal() / 4;
    if (fineTuned) {
      record.scale = random.normal();
      record.bias = random.normal();
      record.activeTokensFineTuned = static_cast<std::int64_t>(random.below(50));
      record.maxFineTuned = random.uniform();
      record.meanActiveFineTuned = random.uniform();
    }
    for (int i = 0; i < 3; ++i) {
      const auto anyToken = [&] {
        return TokenId{static_cast<std::int32_t>(random.below(index.vocabulary.size()))};
      };
      feature.promoted.push_back({anyToken(), 3.0 - i});
      feature.suppressed.push_back({anyToken(), i - 3.5});
      feature.neighbours.push_back({FeatureId{(f + i + 1) % featureCount}, 0.9 - 0.1 * i});
      feature.nearMisses.push_back({static_cast<Position>(random.below(index.tokens.size())),
                                    -0.01F * static_cast<float>(i), std::nullopt});
    }
  }
  return index;
}

/// Gives the activations of the tokens from `first` on as sparse rows.
inline void appendActivations(IndexWriter& writer, const SmallIndex& index, std::size_t first,
                              std::size_t count) {
  std::vector<std::int64_t> indptr{0};
  std::vector<std::int32_t> features;
  std::vector<float> values;
  for (std::size_t i = first; i < first + count; ++i) {
    for (const auto& feature : index.features) {
      const auto found = feature.activations.find(static_cast<Position>(i));
      if (found == feature.activations.end()) continue;
      features.push_back(feature.record.feature.value);
      values.push_back(found->second);
    }
    indptr.push_back(std::ssize(features));
  }
  writer.appendActivations(static_cast<Position>(first), indptr, features, values);
}

inline void fill(IndexWriter& writer, const SmallIndex& index) {
  writer.writeVocabulary(index.vocabulary, index.bytes);
  std::size_t start = 0;
  for (const std::size_t length : index.sequenceLengths) {
    writer.appendSequence(std::span(index.tokens).subspan(start, length),
                          std::span(index.display).subspan(start, length));
    appendActivations(writer, index, start, length);
    start += length;
  }
  writer.writeHistogramEdges(index.histogramEdges);
  for (const auto& feature : index.features) {
    const FeatureId id = feature.record.feature;
    writer.appendFeature(feature.record, feature.top);
    for (std::size_t part = 0; part < feature.quantiles.size(); ++part) {
      writer.appendExamples(id, ExampleKind::Quantile, static_cast<std::int64_t>(part + 1),
                            feature.quantiles[part]);
    }
    writer.appendExamples(id, ExampleKind::Random, 0, feature.random);
    writer.appendExamples(id, ExampleKind::NearMiss, 0, feature.nearMisses);
    writer.appendHistogram(id, feature.histogram);
    writer.appendFeatureTokens(id, feature.tokens);
    writer.appendLogitTokens(id, feature.promoted, feature.suppressed);
    for (const auto relation : {NeighbourRelation::DecoderCosine, NeighbourRelation::EncoderCosine,
                                NeighbourRelation::Jaccard, NeighbourRelation::Pearson}) {
      writer.appendNeighbours(id, relation, feature.neighbours);
    }
  }
  for (const auto& [key, value] : index.provenance) writer.writeProvenance(key, value);
}

inline void write(const std::filesystem::path& path, const SmallIndex& index,
                  std::int64_t postingsBudget = IndexWriter::kDefaultPostingsBudget) {
  IndexWriter writer(path, true, postingsBudget);
  fill(writer, index);
  writer.finish();
}

}  // namespace featurescope::testing
