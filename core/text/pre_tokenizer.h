// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace featurescope {

/// The end of the word that starts at `begin` < text.size(), by the pattern of GPT-2's and Pythia's
/// ByteLevel pre-tokenizer; `text` must be UTF-8, its end is the end for the look-ahead:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
[[nodiscard]] std::size_t wordEnd(std::string_view text, std::size_t begin);

}  // namespace featurescope
