// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/store/index_writer.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace featurescope::testing {

/// An index held in plain vectors: what the writer was given, to compare its file against.
struct SmallIndex {
  std::vector<std::string> vocabulary;
  std::vector<TokenId> tokens;
  std::vector<std::string> display;  ///< of each token of the stream
  std::vector<std::size_t> sequenceLengths;
  struct Feature {
    FeatureRecord record;
    std::vector<IndexWriter::TopActivation> top;
  };
  std::vector<Feature> features;
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
};

/// A random index: sequences of 1 to 60 tokens, some tokens shown otherwise than the vocabulary
/// says (parts of "é" and "→"), some features dead, and a fine-tuning where asked.
inline SmallIndex makeSmallIndex(std::uint64_t seed, bool fineTuned,
                                 std::int32_t featureCount = 40) {
  RandomStream random(seed);
  SmallIndex index;
  index.vocabulary = {"·the",  "·cat", "↵",          ":", "→",  "\\xc3",
                      "\\xa9", "",     "·\"quote\"", ",", "ing"};
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
  for (std::int32_t f = 0; f < featureCount; ++f) {
    SmallIndex::Feature feature;
    FeatureRecord& record = feature.record;
    record.feature = FeatureId{f};
    record.decoderNorm = random.uniform();
    record.encoderBias = static_cast<float>(random.normal());
    if (random.below(4) != 0) record.cosineToDead = random.normal() / 4;
    if (fineTuned) {
      record.scale = random.normal();
      record.bias = random.normal();
    }
    record.dead = random.below(5) == 0;
    if (!record.dead) {
      const std::size_t count = 1 + random.below(30);
      for (std::size_t i = 0; i < count; ++i) {
        IndexWriter::TopActivation top;
        top.position = static_cast<Position>(random.below(index.tokens.size()));
        top.activation = static_cast<float>(0.1 + static_cast<double>(random.below(8)) / 7);
        if (fineTuned) top.activationFineTuned = static_cast<float>(random.uniform());
        feature.top.push_back(top);
      }
      std::sort(feature.top.begin(), feature.top.end(), [](const auto& a, const auto& b) {
        return a.activation != b.activation ? a.activation > b.activation : a.position < b.position;
      });
      record.activeTokens = static_cast<std::int64_t>(count);
      record.max = feature.top.front().activation;
      for (const auto& top : feature.top) {
        record.meanActive += static_cast<double>(top.activation) / static_cast<double>(count);
      }
      record.topToken = index.display[static_cast<std::size_t>(feature.top.front().position)];
    }
    record.density =
        static_cast<double>(record.activeTokens) / static_cast<double>(index.tokens.size());
    index.features.push_back(std::move(feature));
  }
  return index;
}

inline void fill(IndexWriter& writer, const SmallIndex& index) {
  writer.writeVocabulary(index.vocabulary);
  std::size_t start = 0;
  for (const std::size_t length : index.sequenceLengths) {
    writer.appendSequence(std::span(index.tokens).subspan(start, length),
                          std::span(index.display).subspan(start, length));
    start += length;
  }
  for (const auto& feature : index.features) writer.appendFeature(feature.record, feature.top);
  for (const auto& [key, value] : index.provenance) writer.writeProvenance(key, value);
}

inline void write(const std::filesystem::path& path, const SmallIndex& index) {
  IndexWriter writer(path, true);
  fill(writer, index);
  writer.finish();
}

}  // namespace featurescope::testing
