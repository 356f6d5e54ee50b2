// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope::demo {

/// A context-free grammar with a memory: it writes whole documents whose names, years and pronouns
/// agree from the first sentence to the last.
///
/// Rules are text, one per name:
///
///     colour = red | dark green | blue
///     sentence =
///       {cap a colour animal} slept.
///       3* {animal=plural bird}{cap animal} flew over {place}.
///
/// A rule's alternatives stand on its own line, parted by " | ", or on indented lines below it, one
/// a line, where "3* " makes one three times as likely; these are not repeated in a document before
/// all were used. "\n" is a line end; lines that start with # are left out. Within an alternative:
///
///     {rule}         an expansion of the rule, or the value of the variable of that name
///     {x=words…}     sets the variable x for the rest of the document and writes nothing; the
///     words
///                    are those of one slot. What is drawn differs from every other variable
///     {cap a x y}    modifiers apply to what follows: cap a plural verbs past participle ing
///     ordinal;
///                    several names are joined by spaces
///     {number 3 90}  a whole number of the range; a bound may be a variable plus or minus a
///     number,
///                    as in {number born+18 born+25}
///     {"words"}      the words themselves, where a modifier should apply
class Grammar {
 public:
  /// Throws std::invalid_argument naming the rule that cannot be read or refers to no rule.
  explicit Grammar(std::span<const std::string_view> rules);

  /// One document, starting from `rule`.
  [[nodiscard]] std::string expand(std::string_view rule, RandomStream& random) const;

 private:
  struct Slot {
    std::string assigned;  ///< the variable it sets, or empty
    std::vector<std::string>
        words;  ///< modifiers, then names, a number's bounds, or one quoted text
  };
  /// Literal text, then a slot; the last piece of an alternative has none.
  struct Alternative {
    std::vector<std::string> literals;
    std::vector<Slot> slots;
  };
  struct Rule {
    std::vector<Alternative> alternatives;
    std::vector<double> weights;
    bool repeats = true;  ///< whether a document may use an alternative again at once
  };
  /// What one document remembers.
  struct Memory {
    std::map<std::string, std::string, std::less<>> variables;
    std::map<const Rule*, std::vector<bool>> used;
  };

  void addRules(std::string_view text);
  void addAlternative(const std::string& rule, std::string_view text);
  static Slot parseSlot(std::string_view text);
  using Names = std::set<std::string, std::less<>>;
  void checkReferences() const;
  static void checkSlot(const std::string& rule, const Slot& slot, const Names& known);

  static std::size_t choose(const Rule& rule, Memory& memory, RandomStream& random);
  void assign(const Slot& slot, Memory& memory, RandomStream& random) const;
  [[nodiscard]] std::string expandRule(const std::string& name, Memory& memory,
                                       RandomStream& random) const;
  [[nodiscard]] std::string expandWords(std::span<const std::string> words, Memory& memory,
                                        RandomStream& random) const;

  std::map<std::string, Rule, std::less<>> rules_;
};

}  // namespace featurescope::demo
