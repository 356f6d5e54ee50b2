// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace featurescope {

/// GPT-2's printable stand-in for a byte: the byte itself where Latin-1 prints it, else the next of
/// U+0100, U+0101, … (so a space is U+0120, "Ġ").
[[nodiscard]] char32_t byteSymbol(std::uint8_t byte);

/// The bytes that a text of stand-ins means; nothing when it holds any other character.
[[nodiscard]] std::optional<std::string> bytesOfSymbols(std::string_view symbols);

}  // namespace featurescope
