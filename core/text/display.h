// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/text/tokenizer.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// How a token is shown: a leading space as "·" (each space of a leading run), newline "↵", tab
/// "→", other control characters and stray bytes as "\\xNN".
[[nodiscard]] std::string displayToken(std::string_view bytes);

/// Display strings of tokens in a row. A character whose bytes are split over several tokens is
/// shown whole at the token that holds its first byte, and its other tokens show only what else
/// they hold (maybe nothing). Joined, the strings are the displayed text.
[[nodiscard]] std::vector<std::string> displayTokens(const Tokenizer& tokenizer,
                                                     std::span<const TokenId> tokens);

}  // namespace featurescope
