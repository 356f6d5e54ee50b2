// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

namespace featurescope::cli {

namespace {

struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

/// The first character of a text that is not empty; a stray byte counts as one column.
Character firstCharacter(std::string_view text) {
  utf8proc_int32_t codepoint = 0;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &codepoint);
  if (length <= 0) return {};
  return {static_cast<std::size_t>(length),
          static_cast<std::size_t>(utf8proc_charwidth(codepoint))};
}

}  // namespace

bool isTerminal(int descriptor) { return ::isatty(descriptor) == 1; }

std::size_t terminalWidth(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 80;
  return size.ws_col;
}

bool showsStyles(int descriptor) {
  const char* kind = std::getenv("TERM");
  const char* plain = std::getenv("NO_COLOR");
  return isTerminal(descriptor) && kind != nullptr && std::string_view(kind) != "dumb" &&
         (plain == nullptr || *plain == '\0');
}

std::size_t displayWidth(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character character = firstCharacter(text);
    columns += character.columns;
    text.remove_prefix(character.bytes);
  }
  return columns;
}

std::string fittedTo(std::size_t columns, std::string_view text) {
  std::size_t used = 0, end = 0;
  while (end < text.size()) {
    const Character character = firstCharacter(text.substr(end));
    if (used + character.columns > columns) break;
    used += character.columns;
    end += character.bytes;
  }
  return std::string(text.substr(0, end));
}

std::string fittedFromEnd(std::size_t columns, std::string_view text) {
  std::size_t excess = displayWidth(text);
  while (excess > columns) {
    const Character character = firstCharacter(text);
    excess -= character.columns;
    text.remove_prefix(character.bytes);
  }
  return std::string(text);
}

std::string withoutControls(std::string text) {
  constexpr char kShown = '?';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) text[at] = kShown;
    const bool pair = byte == 0xC2 && at + 1 < text.size();  // U+0080 to U+00BF
    if (pair && static_cast<unsigned char>(text[at + 1]) < 0xA0) text[at] = text[at + 1] = kShown;
  }
  return text;
}

}  // namespace featurescope::cli
