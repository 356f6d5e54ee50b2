// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/text_chunks.h"

#include "core/base/error.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// A piece is held whole, and several times over while it is tokenized; a few kilobytes of an
/// archive can hold gigabytes of one letter.
constexpr std::size_t kLongestPiece = std::size_t{64} << 20;

/// The last place at or after `from` where `text` may be cut.
std::optional<std::size_t> lastCut(const Tokenizer& tokenizer, std::string_view text,
                                   std::size_t from) {
  for (std::size_t at = text.size(); at > std::max<std::size_t>(from, 1); --at) {
    if (tokenizer.mayCut(text, at - 1)) return at - 1;
  }
  return std::nullopt;
}

}  // namespace

TextBlocks::TextBlocks(std::filesystem::path path, std::size_t blockBytes)
    : path_(std::move(path)), blockBytes_(blockBytes), source_(openByteSource(path_)) {}

bool TextBlocks::appendNext(std::string& text) {
  if (text.size() > kLongestPiece) {
    throw UserError(ErrorCode::BadText, "cannot read " + path_.string(),
                    std::to_string(text.size() >> 20) + " MiB up to byte " +
                        std::to_string(offset_) + " are one line or word",
                    "give a text of lines and words");
  }
  const std::string_view block = append(blockBytes_, text);
  checkIsText(block);
  offset_ += block.size();
  return !block.empty();
}

void TextBlocks::resume(std::uint64_t begin, std::uint64_t readTo, std::string& text) {
  text.clear();
  bool more = true;
  if (source_->seek(begin)) {
    for (offset_ = begin; more && offset_ < readTo;) {
      const auto block = append(
          static_cast<std::size_t>(std::min<std::uint64_t>(blockBytes_, readTo - offset_)), text);
      offset_ += block.size();
      more = !block.empty();
    }
  } else {
    // Block by block, since a compressed source gives blocks of its own sizes.
    while (more && offset_ < readTo) {
      if (offset_ <= begin) text.clear();
      more = appendNext(text);
    }
    const std::uint64_t textBegin = offset_ - text.size();
    if (textBegin < begin) text.erase(0, static_cast<std::size_t>(begin - textBegin));
  }
  if (offset_ == readTo && readTo - text.size() == begin) return;
  throw UserError(ErrorCode::BadText, "cannot go on in " + path_.string(),
                  "it is not the text it was",
                  "leave the files as they are while a run needs them");
}

/// Reads the next bytes to the end of `text`; what it read, empty at the end.
std::string_view TextBlocks::append(std::size_t atMost, std::string& text) {
  const std::size_t before = text.size();
  text.resize(before + atMost);
  text.resize(before + source_->read(std::span(text).subspan(before)));
  return std::string_view(text).substr(before);
}

void TextBlocks::checkIsText(std::string_view block) const {
  const auto refuse = [this](std::size_t at, const std::string& found) {
    throw UserError(ErrorCode::BadText, "cannot read " + path_.string(),
                    "it is not text: " + found + " at byte " + std::to_string(offset_ + at),
                    "give a UTF-8 text");
  };
  if (const auto nul = block.find('\0'); nul != std::string_view::npos) refuse(nul, "a NUL byte");

  constexpr std::size_t kFewest = 8;  // a stray byte in a short text is a slip, not another format
  const std::size_t invalid = countInvalidUtf8(block);
  if (invalid >= kFewest && 10 * invalid > block.size()) {
    refuse(findInvalidUtf8(block), std::to_string(invalid) + " invalid UTF-8 sequences, the first");
  }
}

TextPosition BufferedText::position() const {
  TextPosition position;
  position.begin = blocks_.offset() - (buffer_.size() - handedOut_);
  position.readTo = blocks_.offset();
  position.lineNumber = lineNumber_;
  return position;
}

void BufferedText::resume(const TextPosition& position) {
  blocks_.resume(position.begin, position.readTo, buffer_);
  handedOut_ = 0;
  lineNumber_ = position.lineNumber;
}

TextChunks::TextChunks(std::filesystem::path path, Tokenizer tokenizer, std::size_t blockBytes)
    : BufferedText(std::move(path), blockBytes), tokenizer_(std::move(tokenizer)) {}

std::optional<std::string_view> TextChunks::next() {
  buffer_.erase(0, handedOut_);
  handedOut_ = 0;
  std::size_t searched = buffer_.size();
  while (blocks_.appendNext(buffer_)) {
    if (const auto cut = lastCut(tokenizer_, buffer_, searched)) {
      handedOut_ = *cut;
      return std::string_view(buffer_).substr(0, *cut);
    }
    searched = buffer_.size();
  }
  if (buffer_.empty()) return std::nullopt;
  handedOut_ = buffer_.size();
  return buffer_;
}

TextLines::TextLines(std::filesystem::path path, std::size_t blockBytes)
    : BufferedText(std::move(path), blockBytes) {}

std::optional<std::string_view> TextLines::next() {
  std::size_t end = buffer_.find('\n', handedOut_);
  if (end == std::string::npos) {
    buffer_.erase(0, handedOut_);
    handedOut_ = 0;
    for (std::size_t searched = buffer_.size();
         end == std::string::npos && blocks_.appendNext(buffer_);) {
      end = buffer_.find('\n', searched);
      searched = buffer_.size();
    }
    if (end == std::string::npos && buffer_.empty()) return std::nullopt;
  }
  const std::string_view line = std::string_view(buffer_).substr(
      handedOut_, end == std::string::npos ? end : end - handedOut_);
  handedOut_ = end == std::string::npos ? buffer_.size() : end + 1;
  ++lineNumber_;
  return line;
}

}  // namespace featurescope
