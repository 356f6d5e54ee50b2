// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pre_tokenizer.h"

#include "core/text/character_class.h"
#include "core/text/utf8.h"

namespace featurescope {

namespace {

struct Character {
  CharacterClass characterClass;
  std::size_t length;
};

Character characterAt(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return {kAsciiClasses[byte], 1};
  const Utf8Step step = decodeUtf8(text, at);
  return {characterClass(step.codePoint), step.length};
}

std::size_t runEnd(std::string_view text, std::size_t at, CharacterClass characterClass) {
  while (at < text.size()) {
    const Character character = characterAt(text, at);
    if (character.characterClass != characterClass) break;
    at += character.length;
  }
  return at;
}

/// 0 where no contraction starts.
std::size_t contractionLength(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  switch (text[1]) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return text.size() > 2 && text[2] == 'e' ? 3 : 0;
    case 'l':
      return text.size() > 2 && text[2] == 'l' ? 3 : 0;
    default:
      return 0;
  }
}

/// \s+(?!\S)|\s+ : a run leaves its last space to the word behind it, unless it is the only one.
std::size_t spaceEnd(std::string_view text, std::size_t begin) {
  std::size_t last = begin;
  std::size_t at = begin;
  while (at < text.size()) {
    const Character character = characterAt(text, at);
    if (character.characterClass != CharacterClass::Space) return last == begin ? at : last;
    last = at;
    at += character.length;
  }
  return at;
}

}  // namespace

std::size_t wordEnd(std::string_view text, std::size_t begin) {
  if (const std::size_t length = contractionLength(text.substr(begin)); length != 0) {
    return begin + length;
  }
  const Character first = characterAt(text, begin);
  if (first.characterClass != CharacterClass::Space) {
    return runEnd(text, begin + first.length, first.characterClass);
  }
  if (text[begin] == ' ' && begin + 1 < text.size()) {
    const Character second = characterAt(text, begin + 1);
    if (second.characterClass != CharacterClass::Space) {
      return runEnd(text, begin + 1 + second.length, second.characterClass);
    }
  }
  return spaceEnd(text, begin);
}

}  // namespace featurescope
