// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// A byte-level BPE tokenizer of the Pythia family, read from a Hugging Face tokenizer.json; the
/// ids equal those of `tokenizers` (reference/pythia.md, "Tokenizer"). No BOS is added. Immutable
/// and cheap to copy; share it between threads, give each thread its own Encoder.
class Tokenizer {
 public:
  /// `path`: a tokenizer.json or the folder that holds one.
  /// Throws UserError{NotFound, BadFile}, and {Unsupported} for another kind of tokenizer.
  static Tokenizer load(const std::filesystem::path& path);

  /// Largest id + 1.
  [[nodiscard]] std::int32_t vocabularySize() const;
  /// The bytes a token stands for; empty for an id without an entry. An added token gives its text.
  [[nodiscard]] std::string_view bytes(TokenId token) const;
  /// The token that stands for exactly these bytes, if there is one.
  [[nodiscard]] std::optional<TokenId> find(std::string_view bytes) const;
  /// `<|endoftext|>`, where the vocabulary has it.
  [[nodiscard]] std::optional<TokenId> endOfText() const;
  [[nodiscard]] bool isSpecial(TokenId token) const;

  /// Any bytes; invalid UTF-8 becomes U+FFFD first. Throws UserError{BadText} for an 8 MiB word.
  [[nodiscard]] std::vector<TokenId> encode(std::string_view text) const;
  /// Lossy UTF-8 of the concatenated bytes; special tokens are kept.
  [[nodiscard]] std::string decode(std::span<const TokenId> tokens) const;

  /// Whether `text` may be cut before its byte `at`: the parts, encoded alone, then give the tokens
  /// of the whole, whatever follows. True at nearly every space between words.
  [[nodiscard]] bool mayCut(std::string_view text, std::size_t at) const;

  /// sha256 of the tokenizer.json.
  [[nodiscard]] const std::string& hash() const;

  struct Tables;

 private:
  friend class TokenEncoder;
  std::shared_ptr<const Tables> tables_;
};

/// Encodes text with a cache of words seen before. One thread at a time.
class TokenEncoder {
 public:
  explicit TokenEncoder(Tokenizer tokenizer);
  ~TokenEncoder();
  TokenEncoder(TokenEncoder&&) noexcept;
  TokenEncoder& operator=(TokenEncoder&&) noexcept;

  /// Appends the ids of `text` to `out`. Throws as Tokenizer::encode.
  void encode(std::string_view text, std::vector<TokenId>& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace featurescope
