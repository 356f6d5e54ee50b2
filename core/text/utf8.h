// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace featurescope {

constexpr char32_t kReplacementCharacter = 0xFFFD;

/// One step through text that may not be UTF-8.
struct Utf8Step {
  char32_t codePoint = kReplacementCharacter;  ///< U+FFFD where `valid` is false
  std::uint8_t length = 1;  ///< bytes of the character, or of the maximal invalid subpart
  bool valid = false;
};

/// The character at `at` < text.size(). Invalid bytes are taken as the WHATWG encoding standard and
/// Unicode ("substitution of maximal subparts") take them.
[[nodiscard]] Utf8Step decodeUtf8(std::string_view text, std::size_t at);

/// The length of the longest prefix of `text`, from `from` on, that is ASCII.
[[nodiscard]] std::size_t asciiRunEnd(std::string_view text, std::size_t from);

/// The start of the first invalid sequence, or npos when all of `text` is UTF-8.
[[nodiscard]] std::size_t findInvalidUtf8(std::string_view text);

/// `text` with U+FFFD for every maximal invalid subpart.
[[nodiscard]] std::string repairUtf8(std::string_view text);

/// How many maximal invalid subparts `text` has.
[[nodiscard]] std::size_t countInvalidUtf8(std::string_view text);

void appendUtf8(std::string& text, char32_t codePoint);

}  // namespace featurescope
