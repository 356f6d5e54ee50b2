// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/bpe_trainer.h"

#include "core/text/byte_alphabet.h"
#include "core/text/pre_tokenizer.h"

#include <queue>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

namespace featurescope::demo {
namespace {

using Id = BpeVocabulary::Id;
using Pair = std::pair<Id, Id>;

constexpr std::array<std::string_view, 2> kSpecialTokens = {"<|endoftext|>", "<|padding|>"};

/// Whether the byte can occur in UTF-8 at all; the others get no symbol, as in Pythia's vocabulary.
bool occursInUtf8(int byte) { return byte != 0xC0 && byte != 0xC1 && byte < 0xF5; }

/// UTF-8 of a code point below U+0800.
std::string utf8(char32_t codePoint) {
  if (codePoint < 0x80) return {static_cast<char>(codePoint)};
  return {static_cast<char>(0xC0 | (codePoint >> 6)), static_cast<char>(0x80 | (codePoint & 0x3F))};
}

/// A distinct word of the text as symbols, and how often it occurs.
struct Word {
  std::vector<Id> symbols;
  std::int64_t count = 0;

  /// Replaces each `pair`, from the left, by `merged`.
  void merge(Pair pair, Id merged) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const bool matches =
          i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second;
      symbols[kept++] = matches ? merged : symbols[i];
      if (matches) ++i;
    }
    symbols.resize(kept);
  }
};

std::map<std::string_view, std::int64_t> countWords(std::span<const std::string_view> texts) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (const std::string_view text : texts) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = wordEnd(text, begin);
      ++counts[text.substr(begin, end - begin)];
      begin = end;
    }
  }
  return {counts.begin(), counts.end()};
}

/// Counts of all neighbouring pairs, kept true while words are merged.
class PairCounts {
 public:
  explicit PairCounts(std::vector<Word> words) : words_(std::move(words)) {
    for (std::size_t w = 0; w < words_.size(); ++w) add(w, 1);
    for (const auto& [pair, place] : places_) queue_.push({place.count, pair});
  }

  /// The most frequent pair, of equal ones the smallest; {-1, -1} when none is left.
  Pair best() {
    while (!queue_.empty()) {
      const Candidate top = queue_.top();
      const std::int64_t count = places_[top.pair].count;
      if (top.count == count && count > 0) return top.pair;
      queue_.pop();
      if (count > 0) queue_.push({count, top.pair});
    }
    return {-1, -1};
  }

  void merge(Pair pair, Id merged) {
    const std::set<std::size_t> touched = std::move(places_[pair].words);
    std::set<Pair> changed;
    for (const std::size_t w : touched) {
      add(w, -1);
      words_[w].merge(pair, merged);
      add(w, 1);
      const auto& symbols = words_[w].symbols;
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i] == merged || symbols[i + 1] == merged) {
          changed.insert({symbols[i], symbols[i + 1]});
        }
      }
    }
    for (const Pair& grown : changed) queue_.push({places_[grown].count, grown});
  }

 private:
  struct Candidate {
    std::int64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };
  struct Places {
    std::int64_t count = 0;
    std::set<std::size_t> words;  ///< every word that holds the pair, maybe some that did once
  };

  void add(std::size_t word, std::int64_t sign) {
    const auto& symbols = words_[word].symbols;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      Places& places = places_[{symbols[i], symbols[i + 1]}];
      places.count += sign * words_[word].count;
      if (sign > 0) places.words.insert(word);
    }
  }

  std::vector<Word> words_;
  std::map<Pair, Places> places_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

BpeVocabulary trainBpe(std::span<const std::string_view> texts, std::size_t size) {
  BpeVocabulary vocabulary;
  vocabulary.symbols.assign(kSpecialTokens.begin(), kSpecialTokens.end());

  std::map<char32_t, int> alphabet;  // in the order of the symbols, which gives the ids
  for (int byte = 0; byte < 256; ++byte) {
    if (occursInUtf8(byte)) alphabet[byteSymbol(static_cast<std::uint8_t>(byte))] = byte;
  }
  std::array<Id, 256> idOfByte{};
  for (const auto& [symbol, byte] : alphabet) {
    idOfByte[static_cast<std::size_t>(byte)] = static_cast<Id>(vocabulary.symbols.size());
    vocabulary.symbols.push_back(utf8(symbol));
  }

  std::vector<Word> words;
  for (const auto& [text, count] : countWords(texts)) {
    Word word{{}, count};
    for (const char byte : text) {
      word.symbols.push_back(idOfByte[static_cast<unsigned char>(byte)]);
    }
    words.push_back(std::move(word));
  }

  std::map<std::string, Id> idOfSymbol;
  for (std::size_t id = 0; id < vocabulary.symbols.size(); ++id) {
    idOfSymbol[vocabulary.symbols[id]] = static_cast<Id>(id);
  }
  PairCounts counts(std::move(words));
  while (vocabulary.symbols.size() < size) {
    const Pair pair = counts.best();
    if (pair.first < 0) break;
    const std::string symbol = vocabulary.symbols[static_cast<std::size_t>(pair.first)] +
                               vocabulary.symbols[static_cast<std::size_t>(pair.second)];
    // Two ways to merge may give the same symbol; it keeps its first id.
    const auto [found, isNew] =
        idOfSymbol.try_emplace(symbol, static_cast<Id>(vocabulary.symbols.size()));
    if (isNew) vocabulary.symbols.push_back(symbol);
    vocabulary.merges.push_back(pair);
    counts.merge(pair, found->second);
  }
  return vocabulary;
}

std::string tokenizerJson(const BpeVocabulary& vocabulary) {
  using OrderedJson = nlohmann::ordered_json;
  const OrderedJson byteLevel = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};

  OrderedJson added = OrderedJson::array();
  for (std::size_t id = 0; id < kSpecialTokens.size(); ++id) {
    added.push_back({{"id", id},
                     {"special", true},
                     {"content", kSpecialTokens[id]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false}});
  }
  OrderedJson vocab = OrderedJson::object();
  for (std::size_t id = 0; id < vocabulary.symbols.size(); ++id) vocab[vocabulary.symbols[id]] = id;
  OrderedJson merges = OrderedJson::array();
  for (const auto& [left, right] : vocabulary.merges) {
    merges.push_back(vocabulary.symbols[static_cast<std::size_t>(left)] + ' ' +
                     vocabulary.symbols[static_cast<std::size_t>(right)]);
  }
  const OrderedJson json = {{"version", "1.0"},
                            {"truncation", nullptr},
                            {"padding", nullptr},
                            {"added_tokens", added},
                            {"normalizer", {{"type", "NFC"}}},
                            {"pre_tokenizer", byteLevel},
                            {"post_processor", byteLevel},
                            {"decoder", byteLevel},
                            {"model",
                             {{"type", "BPE"},
                              {"dropout", nullptr},
                              {"unk_token", nullptr},
                              {"continuing_subword_prefix", nullptr},
                              {"end_of_word_suffix", nullptr},
                              {"fuse_unk", false},
                              {"vocab", vocab},
                              {"merges", merges}}}};
  return json.dump(1) + '\n';
}

}  // namespace featurescope::demo
