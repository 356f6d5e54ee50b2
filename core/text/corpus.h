// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/text/corpus_cursor.h"
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
  bool marksCompletions = false;          ///< of Documents: tells where completions begin
};

/// Sequences side by side. `tokens` is [rows, length] row-major; row r holds lengths[r] real
/// tokens, the rest is padding (any valid id) and counts in nothing.
struct TokenBatch {
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> lengths;
  std::int64_t length = 0;
  /// With marksCompletions, of each row: the first token whose last byte belongs to the completion
  /// (the row's length where the cut left none of it); nothing for a text that has no such part.
  std::vector<std::optional<std::int32_t>> completionBegin{};

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(lengths.size()); }
  [[nodiscard]] std::int64_t counted() const;
  [[nodiscard]] bool padded() const { return counted() != rows() * length; }
  [[nodiscard]] std::span<const TokenId> row(std::int64_t r) const;
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

  /// Where the reading stands, after a call of next() that did not throw.
  [[nodiscard]] CorpusCursor cursor() const;
  /// Before the first call of next(): goes to where a corpus of the same options stood, to give the
  /// very contexts that followed there. Reads again what lies before that in its block of the text,
  /// or in its whole file where that is compressed. Throws UserError{BadFile} for a cursor that
  /// cannot be one of these files', {BadText} where a text changed, and what next() throws.
  void resume(const CorpusCursor& cursor);

  [[nodiscard]] const CorpusReport& report() const;
  /// For progress: bytes of the files read so far and in all (compressed where they are).
  [[nodiscard]] std::uint64_t bytesRead() const;
  [[nodiscard]] std::uint64_t bytesTotal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace featurescope
