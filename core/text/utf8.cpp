// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/utf8.h"

#include <cstring>

namespace featurescope {

namespace {

/// What a lead byte promises: how many bytes, and the range of the second (which excludes overlong
/// forms, surrogates and what lies beyond U+10FFFF).
struct Lead {
  std::uint8_t length = 0;  ///< 0: no character starts with this byte
  std::uint8_t secondLow = 0x80;
  std::uint8_t secondHigh = 0xBF;
};

Lead leadOf(unsigned char byte) {
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .secondLow = 0xA0};
  if (byte == 0xED) return {.length = 3, .secondHigh = 0x9F};
  if (byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .secondLow = 0x90};
  if (byte < 0xF4) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .secondHigh = 0x8F};
  return {};
}

}  // namespace

Utf8Step decodeUtf8(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {.codePoint = first, .length = 1, .valid = true};
  const Lead lead = leadOf(first);
  if (lead.length == 0) return {};
  char32_t codePoint = first & (0xFFU >> (lead.length + 1));
  for (std::uint8_t i = 1; i < lead.length; ++i) {
    if (at + i >= text.size()) return {.length = i};
    const auto byte = static_cast<unsigned char>(text[at + i]);
    const std::uint8_t low = i == 1 ? lead.secondLow : 0x80;
    const std::uint8_t high = i == 1 ? lead.secondHigh : 0xBF;
    if (byte < low || byte > high) return {.length = i};
    codePoint = (codePoint << 6) | (byte & 0x3FU);
  }
  return {.codePoint = codePoint, .length = lead.length, .valid = true};
}

std::size_t asciiRunEnd(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

std::size_t findInvalidUtf8(std::string_view text) {
  for (std::size_t at = asciiRunEnd(text, 0); at < text.size(); at = asciiRunEnd(text, at)) {
    const Utf8Step step = decodeUtf8(text, at);
    if (!step.valid) return at;
    at += step.length;
  }
  return std::string_view::npos;
}

std::string repairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const std::size_t invalid = findInvalidUtf8(text);
    repaired += text.substr(0, invalid);
    if (invalid == std::string_view::npos) break;
    appendUtf8(repaired, kReplacementCharacter);
    text.remove_prefix(invalid + decodeUtf8(text, invalid).length);
  }
  return repaired;
}

std::size_t countInvalidUtf8(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = asciiRunEnd(text, 0); at < text.size(); at = asciiRunEnd(text, at)) {
    const Utf8Step step = decodeUtf8(text, at);
    if (!step.valid) ++count;
    at += step.length;
  }
  return count;
}

void appendUtf8(std::string& text, char32_t codePoint) {
  const auto tail = [&](int shift) {
    text += static_cast<char>(0x80U | ((codePoint >> shift) & 0x3FU));
  };
  if (codePoint < 0x80) {
    text += static_cast<char>(codePoint);
  } else if (codePoint < 0x800) {
    text += static_cast<char>(0xC0U | (codePoint >> 6));
    tail(0);
  } else if (codePoint < 0x10000) {
    text += static_cast<char>(0xE0U | (codePoint >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (codePoint >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace featurescope
