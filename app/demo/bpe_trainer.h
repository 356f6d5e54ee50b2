// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace featurescope::demo {

/// A byte-level BPE vocabulary: what a tokenizer.json of the Pythia family holds.
struct BpeVocabulary {
  using Id = std::int32_t;
  /// By id: the special tokens, the byte symbols, then one for each merge. Byte symbols are in the
  /// unicode form of GPT-2 ("Ġ" for a space).
  std::vector<std::string> symbols;
  std::vector<std::pair<Id, Id>> merges;  ///< in rank order
};

/// Trains on the words of `texts` as the ByteLevel pre-tokenizer splits them (valid UTF-8 in NFC):
/// again and again the most frequent pair of neighbouring symbols becomes a symbol, of equally
/// frequent ones the pair with the smaller ids (the rule of Hugging Face's BpeTrainer, whose merges
/// these are). Stops at `size` symbols, or earlier when no pair is left.
[[nodiscard]] BpeVocabulary trainBpe(std::span<const std::string_view> texts, std::size_t size);

/// The text of a tokenizer.json in Pythia's form: NFC, ByteLevel without a prefix space, the
/// special tokens <|endoftext|> (0) and <|padding|> (1).
[[nodiscard]] std::string tokenizerJson(const BpeVocabulary& vocabulary);

}  // namespace featurescope::demo
