// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/corpus_cursor.h"
#include "core/text/text_chunks.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace featurescope {

/// The documents of text files in order: a .txt is one, a .jsonl has one a line.
class Documents {
 public:
  /// A document comes in one or more parts that may be tokenized alone.
  struct Part {
    std::string_view text;  ///< valid until the next call
    bool opensDocument = false;
    /// Of a record whose text is its context and completion: the completion's first byte.
    std::optional<std::size_t> completionBegin = std::nullopt;
  };

  /// Throws UserError{BadUsage, NotFound, BadFile, Unsupported}: no file, a missing one, a folder,
  /// a name that ends in neither .txt nor .jsonl (behind which .gz or .zst may stand).
  Documents(std::vector<std::filesystem::path> files, std::string field, Tokenizer tokenizer);

  /// Nothing at the end.
  [[nodiscard]] std::optional<Part> next();

  /// Before which part the reading stands.
  [[nodiscard]] TextPosition position() const;
  /// Before the first part: goes on from a position, with the very parts that followed it.
  /// Throws UserError{BadFile} for one beyond the files, {BadText} where a text is shorter, and
  /// what next() throws.
  void resume(const TextPosition& position);

  [[nodiscard]] std::uint64_t bytesRead() const;
  [[nodiscard]] std::uint64_t bytesTotal() const { return bytesTotal_; }

 private:
  [[nodiscard]] bool openNextFile();
  [[nodiscard]] std::optional<Part> nextOf(TextChunks& chunks);
  [[nodiscard]] std::optional<Part> nextOf(TextLines& lines);
  [[nodiscard]] Part partOfRecord(std::string_view line, std::uint64_t lineNumber);

  std::vector<std::filesystem::path> files_;
  std::string field_;
  Tokenizer tokenizer_;
  std::size_t opened_ = 0;  ///< files; the last of them is being read
  std::variant<std::monostate, TextChunks, TextLines> reading_;
  bool atFileStart_ = false;
  std::string record_;
  std::vector<std::uint64_t> fileSizes_;
  std::uint64_t bytesOfFinishedFiles_ = 0, bytesTotal_ = 0;
};

}  // namespace featurescope
