// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/grammar.h"

#include "app/demo/english_forms.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace featurescope::demo {
namespace {

using Modifier = std::string (*)(std::string_view);

const std::map<std::string, Modifier, std::less<>>& modifiers() {
  static const std::map<std::string, Modifier, std::less<>> table = {
      {"a", withArticle},
      {"cap", capitalised},
      {"plural", pluralOf},
      {"verbs", thirdPersonOf},
      {"past", pastOf},
      {"participle", pastParticipleOf},
      {"ing", presentParticipleOf},
      {"ordinal", [](std::string_view text) { return ordinalOf(std::stol(std::string(text))); }},
  };
  return table;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string withLineEnds(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool lineEnd = text.substr(i).starts_with("\\n");
    result += lineEnd ? '\n' : text[i];
    if (lineEnd) ++i;
  }
  return result;
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::vector<std::string_view> splitAt(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

/// "3* words" → 3, and leaves the words.
double takeWeight(std::string_view& text) {
  double weight = 1;
  const std::size_t star = text.find("* ");
  if (star == std::string_view::npos) return weight;
  const auto [end, error] = std::from_chars(text.data(), text.data() + star, weight);
  if (error != std::errc() || end != text.data() + star) return 1;
  text.remove_prefix(star + 2);
  return weight;
}

/// A number's bound is "12", "born", "born+18" or "born-3": the variable, or empty, and the offset.
std::pair<std::string, long> parseBound(const std::string& word) {
  const std::size_t digits = word.find_first_of("0123456789");
  if (digits == std::string::npos) return {word, 0};
  if (digits == 0) return {{}, std::stol(word)};
  return {word.substr(0, digits - 1), std::stol(word.substr(digits - 1))};
}

}  // namespace

Grammar::Grammar(std::span<const std::string_view> rules) {
  for (const std::string_view text : rules) addRules(text);
  checkReferences();
}

void Grammar::addRules(std::string_view text) {
  std::string rule;
  for (const std::string_view line : lines(text)) {
    const std::string_view content = trimmed(line);
    if (content.empty() || content.starts_with('#')) continue;
    if (line.starts_with(' ')) {
      if (rule.empty())
        throw std::invalid_argument("an alternative without a rule: " + std::string(line));
      addAlternative(rule, content);
      rules_[rule].repeats = false;
      continue;
    }
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) {
      throw std::invalid_argument("a rule without \"=\": " + std::string(line));
    }
    rule = trimmed(content.substr(0, equals));
    if (rules_.contains(rule)) throw std::invalid_argument("two rules are called " + rule);
    rules_[rule];
    const std::string_view rest = trimmed(content.substr(equals + 1));
    if (rest.empty()) continue;
    for (const std::string_view part : splitAt(rest, " | ")) addAlternative(rule, part);
  }
}

void Grammar::addAlternative(const std::string& rule, std::string_view text) {
  Rule& target = rules_[rule];
  const double weight = takeWeight(text);
  target.weights.push_back(weight);
  Alternative alternative;
  for (;;) {
    const std::size_t open = text.find('{');
    alternative.literals.push_back(withLineEnds(text.substr(0, open)));
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      throw std::invalid_argument("rule " + rule + " has an open slot: " + std::string(text));
    }
    alternative.slots.push_back(parseSlot(text.substr(open + 1, close - open - 1)));
    text.remove_prefix(close + 1);
  }
  target.alternatives.push_back(std::move(alternative));
}

Grammar::Slot Grammar::parseSlot(std::string_view text) {
  Slot slot;
  const std::size_t quote = text.find('"');
  const std::string_view unquoted = text.substr(0, quote);
  const std::size_t equals = unquoted.find('=');
  std::string_view words = unquoted;
  if (equals != std::string_view::npos) {
    slot.assigned = trimmed(unquoted.substr(0, equals));
    words.remove_prefix(equals + 1);
  }
  std::istringstream stream{std::string(words)};
  for (std::string word; stream >> word;) slot.words.push_back(word);
  if (quote != std::string_view::npos) slot.words.emplace_back(text.substr(quote));
  return slot;
}

void Grammar::checkReferences() const {
  Names known;
  for (const auto& [name, rule] : rules_) {
    if (rule.alternatives.empty()) throw std::invalid_argument("rule " + name + " is empty");
    known.insert(name);
    for (const Alternative& alternative : rule.alternatives) {
      for (const Slot& slot : alternative.slots) known.insert(slot.assigned);
    }
  }
  for (const auto& [name, rule] : rules_) {
    for (const Alternative& alternative : rule.alternatives) {
      for (const Slot& slot : alternative.slots) checkSlot(name, slot, known);
    }
  }
}

void Grammar::checkSlot(const std::string& rule, const Slot& slot, const Names& known) {
  for (const std::string& word : slot.words) {
    if (word == "number") return;
    if (word.starts_with('"') || modifiers().contains(word) || known.contains(word)) continue;
    throw std::invalid_argument(
        std::string("rule ").append(rule).append(" names no rule: ").append(word));
  }
}

std::string Grammar::expand(std::string_view rule, RandomStream& random) const {
  Memory memory;
  return expandRule(std::string(rule), memory, random);
}

std::string Grammar::expandRule(const std::string& name, Memory& memory,
                                RandomStream& random) const {
  const auto found = rules_.find(name);
  if (found == rules_.end()) throw std::invalid_argument("the variable " + name + " is not set");
  const Rule& rule = found->second;
  const Alternative& alternative = rule.alternatives[choose(rule, memory, random)];
  std::string text = alternative.literals[0];
  for (std::size_t i = 0; i < alternative.slots.size(); ++i) {
    const Slot& slot = alternative.slots[i];
    if (slot.assigned.empty()) {
      text += expandWords(slot.words, memory, random);
    } else {
      assign(slot, memory, random);
    }
    text += alternative.literals[i + 1];
  }
  return text;
}

std::size_t Grammar::choose(const Rule& rule, Memory& memory, RandomStream& random) {
  std::vector<double> weights = rule.weights;
  std::vector<bool>& used = memory.used[&rule];
  if (std::ranges::find(used, false) == used.end()) used.assign(weights.size(), false);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (used[i]) weights[i] = 0;
  }
  double rest = random.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t chosen = weights.size();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    chosen = i;
    rest -= weights[i];
    if (rest < 0) break;
  }
  used[chosen] = !rule.repeats;
  return chosen;
}

void Grammar::assign(const Slot& slot, Memory& memory, RandomStream& random) const {
  const bool quoted = slot.words.front().starts_with('"');
  const auto isTaken = [&](const std::string& value) {
    return std::ranges::any_of(memory.variables, [&](const auto& variable) {
      return variable.first != slot.assigned && variable.second == value;
    });
  };
  constexpr int kMostTries = 20;  // a list may be shorter than the variables drawn from it
  std::string value = expandWords(slot.words, memory, random);
  for (int i = 1; i < kMostTries && !quoted && isTaken(value); ++i) {
    value = expandWords(slot.words, memory, random);
  }
  memory.variables[slot.assigned] = std::move(value);
}

std::string Grammar::expandWords(std::span<const std::string> words, Memory& memory,
                                 RandomStream& random) const {
  if (words.empty()) return {};
  const std::string& first = words.front();
  if (first.starts_with('"')) return first.substr(1, first.size() - 2);
  if (first == "number") {
    const auto bound = [&](const std::string& word) {
      const auto [variable, offset] = parseBound(word);
      return variable.empty()
                 ? offset
                 : std::stol(expandWords(std::vector{variable}, memory, random)) + offset;
    };
    const long low = bound(words[1]);
    const long high = std::max(low, bound(words[2]));
    return std::to_string(
        low + static_cast<long>(random.below(static_cast<std::uint64_t>(high - low + 1))));
  }
  if (const auto modifier = modifiers().find(first); modifier != modifiers().end()) {
    return modifier->second(expandWords(words.subspan(1), memory, random));
  }
  const auto remembered = memory.variables.find(first);
  std::string text =
      remembered != memory.variables.end() ? remembered->second : expandRule(first, memory, random);
  if (words.size() > 1) text += ' ' + expandWords(words.subspan(1), memory, random);
  return text;
}

}  // namespace featurescope::demo
