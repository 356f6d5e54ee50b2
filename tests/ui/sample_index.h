// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/store/index_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace featurescope::test {

/// An index as a real run would write it, but made up: English-like text, densities over several
/// orders of magnitude, a quarter of the features dead.
struct SampleIndex {
  int features = 16384;
  int sequences = 400;
  int sequenceLength = 128;
  int top = 30;
  bool fineTuned = false;

  [[nodiscard]] std::int64_t tokens() const { return std::int64_t{sequences} * sequenceLength; }
  [[nodiscard]] static bool isDead(int feature) { return feature % 4 == 3; }
  [[nodiscard]] double activation(int feature, int rank) const {
    return (4.0 + feature % 97 / 10.0) * std::pow(0.985, rank);
  }

  void write(const std::filesystem::path& path) const;
};

inline const std::vector<std::string>& sampleVocabulary() {
  static const std::vector<std::string> words{
      "·the",     "·of",      "·and",       "·in",      "·to",      "·a",      "·was",  "·by",
      "·for",     "·on",      "·with",      "·king",    "·council", "·season", "·club", "·river",
      "·village", "·century", "·treaty",    "·signed",  ",",        ".",       "↵",     "·harbour",
      "·fleet",   "·war",     "·charts",    "·number",  "·episode", "·1",      "9",     "·(",
      ")",        ":",        "·her",       "·his",     "·it",      "·north",  "-",     "ing",
      "·song",    "·month",   "·September", "·century", "·large",   "·music",  "·line", "·first",
      "·new",     "é",        "·東",        "京",       "→"};
  return words;
}

inline void SampleIndex::write(const std::filesystem::path& path) const {
  const auto& words = sampleVocabulary();
  RandomStream random(1, "sample index");
  IndexWriter writer(path, false);
  writer.writeVocabulary(words);
  std::vector<int> stream;
  for (int s = 0; s < sequences; ++s) {
    std::vector<TokenId> ids;
    std::vector<std::string> display;
    for (int i = 0; i < sequenceLength; ++i) {
      const double skew = random.uniform() * random.uniform();
      const auto id = static_cast<std::int32_t>(skew * static_cast<double>(words.size()));
      ids.push_back(TokenId{id});
      display.push_back(words[static_cast<std::size_t>(id)]);
      stream.push_back(id);
    }
    writer.appendSequence(ids, display);
  }
  for (int f = 0; f < features; ++f) {
    FeatureRecord record;
    record.feature = FeatureId{f};
    record.dead = isDead(f);
    record.decoderNorm = 1.0;
    record.encoderBias = -0.6 * random.uniform() + 0.05;
    record.cosineToDead = record.dead ? 0.7 + 0.2 * random.uniform() : 0.1 * random.normal();
    if (fineTuned) {
      record.scale = 1.0 + 0.3 * random.normal();
      record.bias = 0.1 * random.normal();
    }
    std::vector<IndexWriter::TopActivation> activations;
    if (!record.dead) {
      const double share = 0.05 * std::pow(10.0, -3.5 * random.uniform());
      record.activeTokens = std::max<std::int64_t>(
          top, static_cast<std::int64_t>(share * static_cast<double>(tokens())));
      record.density = static_cast<double>(record.activeTokens) / static_cast<double>(tokens());
      record.max = activation(f, 0);
      record.meanActive = record.max * (0.2 + 0.2 * random.uniform());
      // A feature has a favourite token, found at its places in the stream.
      const int favourite = stream[random.below(stream.size())];
      auto position = static_cast<std::int64_t>(random.below(stream.size()));
      for (int rank = 0; rank < top; ++rank) {
        do {
          position = (position + 1) % tokens();
        } while (stream[static_cast<std::size_t>(position)] != favourite);
        IndexWriter::TopActivation entry;
        entry.position = position;
        entry.activation = static_cast<float>(activation(f, rank));
        if (fineTuned) entry.activationFineTuned = entry.activation * 1.05F;
        activations.push_back(entry);
      }
    }
    writer.appendFeature(record, activations);
  }
  writer.writeProvenance("model", "models/pythia-70m");
  writer.writeProvenance("sae", "saes/sae 16384");
  writer.writeProvenance("site", "gpt_neox.layers.1.mlp.dense_4h_to_h");
  writer.writeProvenance("texts", R"([{"path": "texts/wikitext.txt", "hash": "sha256:00"}])");
  writer.writeProvenance("model_hash", std::string("sha256:3f9c").append(58, '0').append("a1"));
  writer.writeProvenance("sae_hash", std::string("sha256:77b0").append(58, '0').append("4e"));
  writer.finish();
}

}  // namespace featurescope::test
