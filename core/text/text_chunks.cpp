// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/text_chunks.h"

#include "core/base/error.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

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
  const std::size_t before = text.size();
  text.resize(before + blockBytes_);
  const std::size_t count = source_->read(std::span(text).subspan(before));
  text.resize(before + count);
  const std::string_view block = std::string_view(text).substr(before);
  checkIsText(block);
  offset_ += count;
  return count != 0;
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

TextChunks::TextChunks(std::filesystem::path path, Tokenizer tokenizer, std::size_t blockBytes)
    : blocks_(std::move(path), blockBytes), tokenizer_(std::move(tokenizer)) {}

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
    : blocks_(std::move(path), blockBytes) {}

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
