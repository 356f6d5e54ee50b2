// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/display.h"

#include "core/text/utf8.h"

#include <fmt/format.h>

namespace featurescope {

namespace {

constexpr std::string_view kSpace = "·", kNewline = "↵", kTab = "→";

bool isControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace

std::string displayToken(std::string_view bytes) {
  std::string shown;
  bool leading = true;
  for (std::size_t at = 0; at < bytes.size();) {
    const Utf8Step step = decodeUtf8(bytes, at);
    const std::string_view character = bytes.substr(at, step.length);
    leading = leading && character == " ";
    if (leading) {
      shown += kSpace;
    } else if (character == "\n") {
      shown += kNewline;
    } else if (character == "\t") {
      shown += kTab;
    } else if (!step.valid || isControl(step.codePoint)) {
      for (const char c : character)
        shown += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      shown += character;
    }
    at += step.length;
  }
  return shown;
}

std::vector<std::string> displayTokens(const Tokenizer& tokenizer,
                                       std::span<const TokenId> tokens) {
  std::string text;
  for (const TokenId token : tokens) text += tokenizer.bytes(token);

  std::vector<std::string> shown;
  shown.reserve(tokens.size());
  std::size_t tokenEnd = 0;
  std::size_t at = 0;  // always the start of a character
  for (const TokenId token : tokens) {
    tokenEnd += tokenizer.bytes(token).size();
    const std::size_t begin = at;
    while (at < tokenEnd) at += decodeUtf8(text, at).length;
    shown.push_back(displayToken(std::string_view(text).substr(begin, at - begin)));
  }
  return shown;
}

}  // namespace featurescope
