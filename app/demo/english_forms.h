// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace featurescope::demo {

/// English inflection of the words the demo's grammar uses. Of several words the one that inflects
/// is the last of a noun ("oak tree" → "oak trees") and the first of a verb ("look for" → "looked
/// for").
[[nodiscard]] std::string pluralOf(std::string_view noun);
[[nodiscard]] std::string thirdPersonOf(std::string_view verb);        ///< "carries"
[[nodiscard]] std::string pastOf(std::string_view verb);               ///< "carried", "wrote"
[[nodiscard]] std::string pastParticipleOf(std::string_view verb);     ///< "carried", "written"
[[nodiscard]] std::string presentParticipleOf(std::string_view verb);  ///< "carrying"
/// The phrase with "a" or "an" before it.
[[nodiscard]] std::string withArticle(std::string_view phrase);
[[nodiscard]] std::string capitalised(std::string_view phrase);
/// 1 → "1st"
[[nodiscard]] std::string ordinalOf(long number);

}  // namespace featurescope::demo
