// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/character_class.h"

#include <algorithm>
#include <iterator>
#include <utf8proc.h>

namespace featurescope {

namespace {

struct Range {
  char32_t first, last;
  CharacterClass characterClass;
};

constexpr auto L = CharacterClass::Letter;
constexpr auto N = CharacterClass::Number;

/// Letters and numbers of Unicode 15.1 and 16.0: the utf8proc of Debian 12 knows 15.0.
constexpr Range kNewerThanUnicode15[] = {
    {0x1C89, 0x1C8A, L},   {0xA7CB, 0xA7CD, L},   {0xA7DA, 0xA7DC, L},   {0x105C0, 0x105F3, L},
    {0x10D40, 0x10D49, N}, {0x10D4A, 0x10D65, L}, {0x10D6F, 0x10D85, L}, {0x10EC2, 0x10EC4, L},
    {0x11380, 0x11389, L}, {0x1138B, 0x1138B, L}, {0x1138E, 0x1138E, L}, {0x11390, 0x113B5, L},
    {0x113B7, 0x113B7, L}, {0x113D1, 0x113D1, L}, {0x113D3, 0x113D3, L}, {0x116D0, 0x116E3, N},
    {0x11BC0, 0x11BE0, L}, {0x11BF0, 0x11BF9, N}, {0x13460, 0x143FA, L}, {0x16100, 0x1611D, L},
    {0x16130, 0x16139, N}, {0x16D40, 0x16D6C, L}, {0x16D70, 0x16D79, N}, {0x18CFF, 0x18CFF, L},
    {0x1CCF0, 0x1CCF9, N}, {0x1E5D0, 0x1E5ED, L}, {0x1E5F0, 0x1E5F0, L}, {0x1E5F1, 0x1E5FA, N},
    {0x2EBF0, 0x2EE5D, L},
};

CharacterClass classOfNewer(char32_t codePoint) {
  const auto* range =
      std::lower_bound(std::begin(kNewerThanUnicode15), std::end(kNewerThanUnicode15), codePoint,
                       [](const Range& r, char32_t c) { return r.last < c; });
  return range != std::end(kNewerThanUnicode15) && codePoint >= range->first
             ? range->characterClass
             : CharacterClass::Other;
}

}  // namespace

CharacterClass characterClass(char32_t codePoint) {
  if (codePoint < kAsciiClasses.size()) return kAsciiClasses[codePoint];
  if (codePoint == 0x85) return CharacterClass::Space;  // the one White_Space control beyond ASCII
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(codePoint))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharacterClass::Letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::Number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterClass::Space;
    case UTF8PROC_CATEGORY_CN:
      return classOfNewer(codePoint);
    default:
      return CharacterClass::Other;
  }
}

}  // namespace featurescope
