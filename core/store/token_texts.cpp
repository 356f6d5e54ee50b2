// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/token_texts.h"

#include <sqlite3.h>

#include <charconv>
#include <utility>

namespace featurescope {

namespace {

constexpr std::string_view kSpace = "·", kNewline = "↵", kTab = "→", kByte = "\\x";

/// "\xNN" at the start of `shown` as a byte.
bool readByte(std::string_view shown, char& byte) {
  if (!shown.starts_with(kByte) || shown.size() < 4) return false;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(shown.data() + 2, shown.data() + 4, value, 16);
  if (error != std::errc() || end != shown.data() + 4) return false;
  byte = static_cast<char>(value);
  return true;
}

std::string withLeadingSpaces(std::string_view text) {
  std::string spaces;
  while (text.starts_with(kSpace)) {
    spaces += ' ';
    text.remove_prefix(kSpace.size());
  }
  return spaces + std::string(text);
}

/// The bytes of a token that is shown so. Ambiguous where a token holds these signs themselves.
std::string bytesOf(std::string_view shown) {
  const std::string spaced = withLeadingSpaces(shown);
  std::string bytes;
  for (std::string_view rest = spaced; !rest.empty();) {
    char byte = 0;
    std::size_t taken = 1;
    if (rest.starts_with(kNewline)) {
      bytes += '\n';
      taken = kNewline.size();
    } else if (rest.starts_with(kTab)) {
      bytes += '\t';
      taken = kTab.size();
    } else if (readByte(rest, byte)) {
      bytes += byte;
      taken = 4;
    } else {
      bytes += rest.front();
    }
    rest.remove_prefix(taken);
  }
  return bytes;
}

std::vector<TokenId> equalTo(const std::vector<std::string>& texts, std::string_view text) {
  std::vector<TokenId> tokens;
  for (std::size_t token = 0; token < texts.size(); ++token) {
    if (texts[token] == text) tokens.push_back(TokenId{static_cast<std::int32_t>(token)});
  }
  return tokens;
}

}  // namespace

TokenTexts::TokenTexts(const Database& database, int version) : database_(database) {
  Statement rows(database, version < 2
                               ? "SELECT token, str_token, NULL FROM vocabulary ORDER BY token"
                               : "SELECT token, str_token, bytes FROM vocabulary ORDER BY token");
  while (rows.step()) {
    if (!std::cmp_equal(rows.integer(0), bytes_.size())) database.fail(SQLITE_CORRUPT);
    shown_.push_back(rows.text(1));
    bytes_.push_back(rows.isNull(2) ? bytesOf(shown_.back()) : std::string(rows.blob(2)));
  }
}

const std::string& TokenTexts::bytes(TokenId token) const {
  const auto at = static_cast<std::size_t>(token.value);
  if (token.value < 0 || at >= bytes_.size()) database_.fail(SQLITE_CORRUPT);
  return bytes_[at];
}

std::vector<TokenId> TokenTexts::named(std::string_view text) const {
  std::vector<TokenId> tokens = equalTo(bytes_, withLeadingSpaces(text));
  if (tokens.empty()) tokens = equalTo(bytes_, text);
  if (tokens.empty()) tokens = equalTo(shown_, text);
  return tokens;
}

}  // namespace featurescope
