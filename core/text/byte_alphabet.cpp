// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_alphabet.h"

#include "core/text/utf8.h"

#include <array>

namespace featurescope {

namespace {

/// Beyond it no code point stands for a byte.
constexpr char32_t kSymbolEnd = 0x144;

constexpr bool isPrintable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

constexpr std::array<char32_t, 256> kSymbols = [] {
  std::array<char32_t, 256> symbols{};
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    symbols[static_cast<std::size_t>(byte)] =
        isPrintable(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return symbols;
}();

constexpr std::int16_t kNoByte = -1;

constexpr std::array<std::int16_t, kSymbolEnd> kBytes = [] {
  std::array<std::int16_t, kSymbolEnd> bytes{};
  bytes.fill(kNoByte);
  for (std::size_t byte = 0; byte < kSymbols.size(); ++byte) {
    bytes[kSymbols[byte]] = static_cast<std::int16_t>(byte);
  }
  return bytes;
}();

}  // namespace

char32_t byteSymbol(std::uint8_t byte) { return kSymbols[byte]; }

std::optional<std::string> bytesOfSymbols(std::string_view symbols) {
  std::string bytes;
  for (std::size_t at = 0; at < symbols.size();) {
    const Utf8Step step = decodeUtf8(symbols, at);
    if (step.codePoint >= kSymbolEnd || kBytes[step.codePoint] == kNoByte) return std::nullopt;
    bytes += static_cast<char>(kBytes[step.codePoint]);
    at += step.length;
  }
  return bytes;
}

}  // namespace featurescope
