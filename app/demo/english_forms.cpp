// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_forms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>

namespace featurescope::demo {
namespace {

struct IrregularNoun {
  std::string_view singular, plural;
};

constexpr std::array kIrregularNouns = {
    IrregularNoun{"man", "men"},           IrregularNoun{"woman", "women"},
    IrregularNoun{"child", "children"},    IrregularNoun{"wolf", "wolves"},
    IrregularNoun{"leaf", "leaves"},       IrregularNoun{"loaf", "loaves"},
    IrregularNoun{"sheep", "sheep"},       IrregularNoun{"deer", "deer"},
    IrregularNoun{"fish", "fish"},         IrregularNoun{"salmon", "salmon"},
    IrregularNoun{"trout", "trout"},       IrregularNoun{"goose", "geese"},
    IrregularNoun{"mouse", "mice"},        IrregularNoun{"foot", "feet"},
    IrregularNoun{"series", "series"},     IrregularNoun{"species", "species"},
    IrregularNoun{"potato", "potatoes"},   IrregularNoun{"tomato", "tomatoes"},
    IrregularNoun{"hero", "heroes"},       IrregularNoun{"fisherman", "fishermen"},
    IrregularNoun{"nobleman", "noblemen"}, IrregularNoun{"knife", "knives"},
};

struct IrregularVerb {
  std::string_view base, past, participle;
};

constexpr std::array kIrregularVerbs = {
    IrregularVerb{"be", "was", "been"},           IrregularVerb{"become", "became", "become"},
    IrregularVerb{"begin", "began", "begun"},     IrregularVerb{"break", "broke", "broken"},
    IrregularVerb{"bring", "brought", "brought"}, IrregularVerb{"build", "built", "built"},
    IrregularVerb{"buy", "bought", "bought"},     IrregularVerb{"catch", "caught", "caught"},
    IrregularVerb{"choose", "chose", "chosen"},   IrregularVerb{"come", "came", "come"},
    IrregularVerb{"draw", "drew", "drawn"},       IrregularVerb{"drink", "drank", "drunk"},
    IrregularVerb{"eat", "ate", "eaten"},         IrregularVerb{"fall", "fell", "fallen"},
    IrregularVerb{"feed", "fed", "fed"},          IrregularVerb{"feel", "felt", "felt"},
    IrregularVerb{"fight", "fought", "fought"},   IrregularVerb{"find", "found", "found"},
    IrregularVerb{"fly", "flew", "flown"},        IrregularVerb{"forget", "forgot", "forgotten"},
    IrregularVerb{"give", "gave", "given"},       IrregularVerb{"go", "went", "gone"},
    IrregularVerb{"grow", "grew", "grown"},       IrregularVerb{"have", "had", "had"},
    IrregularVerb{"hear", "heard", "heard"},      IrregularVerb{"hide", "hid", "hidden"},
    IrregularVerb{"hold", "held", "held"},        IrregularVerb{"keep", "kept", "kept"},
    IrregularVerb{"know", "knew", "known"},       IrregularVerb{"lay", "laid", "laid"},
    IrregularVerb{"lead", "led", "led"},          IrregularVerb{"leave", "left", "left"},
    IrregularVerb{"lose", "lost", "lost"},        IrregularVerb{"make", "made", "made"},
    IrregularVerb{"meet", "met", "met"},          IrregularVerb{"read", "read", "read"},
    IrregularVerb{"ride", "rode", "ridden"},      IrregularVerb{"rise", "rose", "risen"},
    IrregularVerb{"run", "ran", "run"},           IrregularVerb{"see", "saw", "seen"},
    IrregularVerb{"sell", "sold", "sold"},        IrregularVerb{"send", "sent", "sent"},
    IrregularVerb{"sing", "sang", "sung"},        IrregularVerb{"sit", "sat", "sat"},
    IrregularVerb{"sleep", "slept", "slept"},     IrregularVerb{"speak", "spoke", "spoken"},
    IrregularVerb{"spend", "spent", "spent"},     IrregularVerb{"stand", "stood", "stood"},
    IrregularVerb{"steal", "stole", "stolen"},    IrregularVerb{"swim", "swam", "swum"},
    IrregularVerb{"take", "took", "taken"},       IrregularVerb{"teach", "taught", "taught"},
    IrregularVerb{"tell", "told", "told"},        IrregularVerb{"think", "thought", "thought"},
    IrregularVerb{"throw", "threw", "thrown"},    IrregularVerb{"win", "won", "won"},
    IrregularVerb{"write", "wrote", "written"},
};

/// Verbs whose last consonant doubles before -ed and -ing.
constexpr std::array<std::string_view, 17> kDoubling = {
    "stop", "plan", "drop", "run",  "sit",  "swim", "win",    "begin",  "forget",
    "trap", "grab", "chop", "stir", "slip", "drag", "travel", "quarrel"};

bool isVowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

bool endsInConsonantY(std::string_view word) {
  return word.size() > 1 && word.back() == 'y' && !isVowel(word[word.size() - 2]);
}

bool hisses(std::string_view word) {
  return word.ends_with('s') || word.ends_with('x') || word.ends_with('z') ||
         word.ends_with("ch") || word.ends_with("sh");
}

std::string withS(std::string_view word) {
  if (endsInConsonantY(word)) return std::string(word.substr(0, word.size() - 1)) + "ies";
  return std::string(word) + (hisses(word) ? "es" : "s");
}

bool doubles(std::string_view verb) {
  return std::ranges::find(kDoubling, verb) != kDoubling.end();
}

const IrregularVerb* irregular(std::string_view verb) {
  const auto* found = std::ranges::find(kIrregularVerbs, verb, &IrregularVerb::base);
  return found == kIrregularVerbs.end() ? nullptr : found;
}

std::string withEd(std::string_view verb) {
  if (verb.ends_with('e')) return std::string(verb) + "d";
  if (endsInConsonantY(verb)) return std::string(verb.substr(0, verb.size() - 1)) + "ied";
  return std::string(verb) + (doubles(verb) ? std::string(1, verb.back()) : "") + "ed";
}

/// Applies `form` to the first word and keeps the rest.
std::string onFirstWord(std::string_view phrase,
                        const std::function<std::string(std::string_view)>& form) {
  const std::size_t end = std::min(phrase.find(' '), phrase.size());
  return form(phrase.substr(0, end)) + std::string(phrase.substr(end));
}

}  // namespace

std::string pluralOf(std::string_view noun) {
  const std::size_t space = noun.rfind(' ');
  const std::size_t start = space == std::string_view::npos ? 0 : space + 1;
  const std::string_view last = noun.substr(start);
  const auto* found = std::ranges::find(kIrregularNouns, last, &IrregularNoun::singular);
  return std::string(noun.substr(0, start)) +
         (found == kIrregularNouns.end() ? withS(last) : std::string(found->plural));
}

std::string thirdPersonOf(std::string_view verb) {
  return onFirstWord(verb, [](std::string_view word) -> std::string {
    if (word == "be") return "is";
    if (word == "have") return "has";
    if (word == "go") return "goes";
    return withS(word);
  });
}

std::string pastOf(std::string_view verb) {
  return onFirstWord(verb, [](std::string_view word) {
    const IrregularVerb* found = irregular(word);
    return found != nullptr ? std::string(found->past) : withEd(word);
  });
}

std::string pastParticipleOf(std::string_view verb) {
  return onFirstWord(verb, [](std::string_view word) {
    const IrregularVerb* found = irregular(word);
    return found != nullptr ? std::string(found->participle) : withEd(word);
  });
}

std::string presentParticipleOf(std::string_view verb) {
  return onFirstWord(verb, [](std::string_view word) {
    std::string stem(word);
    if (stem.ends_with('e') && !stem.ends_with("ee") && stem != "be") {
      stem.pop_back();
    } else if (doubles(word)) {
      stem += stem.back();
    }
    return stem + "ing";
  });
}

std::string withArticle(std::string_view phrase) {
  const auto startsWithAny = [&](std::initializer_list<std::string_view> starts) {
    return std::ranges::any_of(starts, [&](std::string_view s) { return phrase.starts_with(s); });
  };
  const char first =
      phrase.empty() ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(phrase[0])));
  bool vowel = isVowel(first) || first == '8' || startsWithAny({"11", "18", "hour", "honest"});
  if (startsWithAny({"uni", "use", "euro", "Euro", "one"})) vowel = false;
  return (vowel ? "an " : "a ") + std::string(phrase);
}

std::string capitalised(std::string_view phrase) {
  std::string text(phrase);
  if (!text.empty()) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string ordinalOf(long number) {
  const long ten = number % 100;
  std::string_view ending = "th";
  if (ten < 11 || ten > 13) {
    if (number % 10 == 1) ending = "st";
    if (number % 10 == 2) ending = "nd";
    if (number % 10 == 3) ending = "rd";
  }
  return std::to_string(number) + std::string(ending);
}

}  // namespace featurescope::demo
