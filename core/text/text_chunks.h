// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/byte_source.h"
#include "core/text/corpus_cursor.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace featurescope {

constexpr std::size_t kTextBlockBytes = std::size_t{1} << 18;

/// The text of a byte source in blocks, refused where it is no text: a NUL byte, or a block in
/// which more than a tenth is invalid UTF-8.
class TextBlocks {
 public:
  TextBlocks(std::filesystem::path path, std::size_t blockBytes);

  /// Appends the next block to `text`; false at the end.
  /// Throws UserError{BadText} naming the offset, also where `text` holds more than 64 MiB already,
  /// and what ByteSource throws.
  bool appendNext(std::string& text);
  /// In place of the first read: makes `text` the bytes from `begin` to `readTo`, as if the blocks
  /// that end there had been read, and goes on with the same blocks.
  /// Throws UserError{BadText} where the text is shorter.
  void resume(std::uint64_t begin, std::uint64_t readTo, std::string& text);
  [[nodiscard]] std::uint64_t offset() const { return offset_; }  ///< bytes read so far
  [[nodiscard]] std::uint64_t fileBytesRead() const { return source_->fileBytesRead(); }

 private:
  [[nodiscard]] std::string_view append(std::size_t atMost, std::string& text);
  void checkIsText(std::string_view block) const;

  std::filesystem::path path_;
  std::size_t blockBytes_;
  std::unique_ptr<ByteSource> source_;
  std::uint64_t offset_ = 0;
};

/// A text that is handed out piece by piece from a buffer over its blocks.
class BufferedText {
 public:
  BufferedText(std::filesystem::path path, std::size_t blockBytes)
      : blocks_(std::move(path), blockBytes) {}

  /// What is handed out and read of this text; the file's number is the owner's to say.
  [[nodiscard]] TextPosition position() const;
  /// Before the first piece: goes on from a position, with the very pieces that followed it.
  /// Throws UserError{BadText} where the text is shorter.
  void resume(const TextPosition& position);
  [[nodiscard]] std::uint64_t fileBytesRead() const { return blocks_.fileBytesRead(); }

 protected:
  TextBlocks blocks_;
  std::string buffer_;
  std::size_t handedOut_ = 0;  ///< of buffer_
  std::uint64_t lineNumber_ = 0;
};

/// One text in parts that may be tokenized alone. A part is about a block long, longer only where
/// the text offers no place to cut.
class TextChunks : public BufferedText {
 public:
  TextChunks(std::filesystem::path path, Tokenizer tokenizer,
             std::size_t blockBytes = kTextBlockBytes);

  /// The next part, valid until the next call; nothing at the end.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  Tokenizer tokenizer_;
};

/// The lines of one text, without their LF.
class TextLines : public BufferedText {
 public:
  explicit TextLines(std::filesystem::path path, std::size_t blockBytes = kTextBlockBytes);

  /// The next line, valid until the next call; nothing at the end.
  [[nodiscard]] std::optional<std::string_view> next();
  /// Of the line handed out last, from 1.
  [[nodiscard]] std::uint64_t lineNumber() const { return lineNumber_; }
};

}  // namespace featurescope
