// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace featurescope {

/// A regular expression in RE2's syntax: its time is linear in the text whatever the expression, so
/// that none can hang a search. The text is UTF-8; bytes that are not match nothing.
class TextPattern {
 public:
  /// Throws UserError{BadUsage} for a bad expression.
  explicit TextPattern(const std::string& expression);
  ~TextPattern();
  TextPattern(TextPattern&&) noexcept;
  TextPattern& operator=(TextPattern&&) noexcept;

  /// Calls `found` with the offset of each match: from the left, not overlapping, no empty ones.
  void forEachMatch(std::string_view text, const std::function<void(std::size_t)>& found) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace featurescope
