// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

namespace featurescope {

/// The classes that the pre-tokenizer's pattern tells apart: `\p{L}`, `\p{N}`, `\s`
/// (White_Space), others.
enum class CharacterClass : std::uint8_t { Letter, Number, Space, Other };

constexpr std::array<CharacterClass, 128> kAsciiClasses = [] {
  std::array<CharacterClass, 128> classes{};
  for (int c = 0; c < 128; ++c) {
    const int lower = c | 0x20;
    classes[static_cast<std::size_t>(c)] = lower >= 'a' && lower <= 'z' ? CharacterClass::Letter
                                           : c >= '0' && c <= '9'       ? CharacterClass::Number
                                           : c == ' ' || (c >= '\t' && c <= '\r')
                                               ? CharacterClass::Space
                                               : CharacterClass::Other;
  }
  return classes;
}();

/// The class in Unicode 16.0, which Hugging Face's `tokenizers` uses, or a later one.
[[nodiscard]] CharacterClass characterClass(char32_t codePoint);

}  // namespace featurescope
