// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace featurescope::demo {

/// The demo's English as rules of a Grammar, one text a subject. "document" is where an expansion
/// starts; the lexicon holds the words that all subjects share.
extern const std::string_view kLexiconRules;
extern const std::string_view kPeopleRules;   ///< biographies, letters
extern const std::string_view kPlaceRules;    ///< towns, rivers, mountains, lists of them
extern const std::string_view kNatureRules;   ///< animals, trees, weather diaries
extern const std::string_view kHistoryRules;  ///< kingdoms, battles, ships
extern const std::string_view kSportRules;    ///< seasons, matches, tables
extern const std::string_view kStoryRules;    ///< tales, dialogues, recipes, books

}  // namespace featurescope::demo
