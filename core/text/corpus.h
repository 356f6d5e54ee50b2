// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace featurescope {

enum class Packing {
  Packed,     ///< documents joined by one <|endoftext|>, cut into contexts, the remainder dropped
  Documents,  ///< each document its own sequence, cut at the context length, padded in a batch
};

struct CorpusOptions {
  std::vector<std::filesystem::path> files;  ///< .txt .jsonl, either also .gz or .zst
  std::string field = "text";  ///< of .jsonl; without it context + completion are joined
  Packing packing = Packing::Packed;
  std::int64_t context = 128;             ///< tokens of a context
  std::optional<std::int64_t> maxTokens;  ///< whole contexts, at most this many tokens
};

/// Sequences side by side. `tokens` is [rows, length] row-major; row r holds lengths[r] real
/// tokens, the rest is padding (any valid id) and counts in nothing.
struct TokenBatch {
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> lengths;
  std::int64_t length = 0;

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(lengths.size()); }
  [[nodiscard]] std::int64_t counted() const;
  [[nodiscard]] bool padded() const { return counted() != rows() * length; }
  [[nodiscard]] std::span<const TokenId> row(std::int64_t r) const;
};

/// What became of the text so far.
struct CorpusReport {
  std::int64_t documents = 0;
  std::int64_t contexts = 0;
  std::int64_t tokens = 0;         ///< handed out
  std::int64_t droppedTokens = 0;  ///< the remainder (packed) or beyond the context (documents)
  std::int64_t emptyDocuments = 0;
};

/// Text files as contexts of tokens, in order, in constant memory (contract, "Inputs").
/// One thread at a time.
class Corpus {
 public:
  /// Opens lazily. Throws UserError{BadUsage} for impossible options, {NotFound} for a missing
  /// file.
  Corpus(Tokenizer tokenizer, CorpusOptions options);
  ~Corpus();
  Corpus(Corpus&&) noexcept;
  Corpus& operator=(Corpus&&) noexcept;

  /// The next at most `rows` contexts; false at the end. Batches of the same `rows` are always the
  /// same. Throws UserError{BadText} for binary in place of text, a line that is not JSON, or, at
  /// the end, less than one context of text; {BadFile} for a damaged archive.
  bool next(TokenBatch& batch, std::int64_t rows);

  [[nodiscard]] const CorpusReport& report() const;
  /// For progress: bytes of the files read so far and in all (compressed where they are).
  [[nodiscard]] std::uint64_t bytesRead() const;
  [[nodiscard]] std::uint64_t bytesTotal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace featurescope
