// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace featurescope {

/// What a Hugging Face tokenizer.json of the Pythia family says, checked.
struct TokenizerFile {
  struct Merge {
    TokenId left, right, result;
  };
  struct AddedToken {
    std::string content;
    TokenId id;
    bool special = false;
    bool normalized = false;  ///< looked for after normalization, not before
  };

  std::unordered_map<std::string, TokenId> vocabulary;  ///< texts of byte symbols; ids are unique
  std::vector<Merge> merges;                            ///< by rank
  std::vector<AddedToken> addedTokens;                  ///< contents are unique and not empty
  bool nfc = false;
  bool ignoreMerges = false;        ///< a whole word of the vocabulary is one token, merges or not
  std::int32_t vocabularySize = 0;  ///< largest id + 1
};

/// The largest id that is read, so that a hostile file cannot ask for all memory.
constexpr std::int32_t kLargestTokenId = (1 << 22) - 1;

/// `what` names the file in errors ("cannot read …/tokenizer.json").
/// Throws UserError{BadFile}, and {Unsupported} for what another kind of tokenizer would need.
[[nodiscard]] TokenizerFile parseTokenizerFile(std::string_view text, const std::string& what);

}  // namespace featurescope
