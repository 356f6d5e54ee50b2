// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/text_pattern.h"

#include "core/base/error.h"

#include <re2/re2.h>

namespace featurescope {

struct TextPattern::Compiled {
  re2::RE2 expression;
};

namespace {

re2::RE2::Options quietly() {
  re2::RE2::Options options;
  options.set_log_errors(false);  // they are thrown
  return options;
}

bool continuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

TextPattern::TextPattern(const std::string& expression)
    : compiled_(new Compiled{re2::RE2(expression, quietly())}) {
  if (compiled_->expression.ok()) return;
  throw UserError(ErrorCode::BadUsage,
                  "cannot search for the regular expression \"" + expression.substr(0, 200) + "\"",
                  compiled_->expression.error(),
                  "it is read as RE2 does: like Python's without backreferences and lookaround");
}

TextPattern::~TextPattern() = default;
TextPattern::TextPattern(TextPattern&&) noexcept = default;
TextPattern& TextPattern::operator=(TextPattern&&) noexcept = default;

void TextPattern::forEachMatch(std::string_view text,
                               const std::function<void(std::size_t)>& found) const {
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece match;
  std::size_t at = 0;
  while (at <= text.size() &&
         compiled_->expression.Match(whole, at, text.size(), re2::RE2::UNANCHORED, &match, 1)) {
    const auto begin = static_cast<std::size_t>(match.data() - text.data());
    at = begin + match.size();
    if (!match.empty()) {
      found(begin);
    } else {
      do ++at;
      while (at < text.size() && continuesCharacter(text[at]));
    }
  }
}

}  // namespace featurescope
