// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/cut_rule.h"

#include "core/text/character_class.h"
#include "core/text/utf8.h"

#include <algorithm>

namespace featurescope {

namespace {

/// Whether the character that ends before `at` is no space; a stray byte is none.
bool followsNonSpace(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  const auto isContinuation = [](char c) { return (static_cast<unsigned char>(c) >> 6) == 0b10; };
  do {
    if (begin == 0) return at != 0;
    --begin;
  } while (isContinuation(text[begin]) && at - begin < 4);
  const Utf8Step step = decodeUtf8(text.substr(0, at), begin);
  const bool isWhole = step.valid && begin + step.length == at;
  return !isWhole || characterClass(step.codePoint) != CharacterClass::Space;
}

}  // namespace

void CutRule::keepWhole(std::string_view addedToken) {
  for (std::size_t at = 1; at < addedToken.size(); ++at) {
    if (mayCut(addedToken, at)) std::erase(spaces_, addedToken[at]);
  }
}

bool CutRule::mayCut(std::string_view text, std::size_t at) const {
  return spaces_.find(text[at]) != std::string::npos && followsNonSpace(text, at);
}

}  // namespace featurescope
