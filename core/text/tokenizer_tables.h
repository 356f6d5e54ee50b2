// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/text/added_tokens.h"
#include "core/text/cut_rule.h"
#include "core/text/pair_merges.h"
#include "core/text/tokenizer.h"
#include "core/text/tokenizer_file.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace featurescope {

/// A tokenizer.json made ready for encoding and decoding; never changes.
struct Tokenizer::Tables {
  Tables(const TokenizerFile& file, std::string fileHash);

  std::string hash;
  std::vector<std::string> bytes;                         ///< by token
  std::unordered_map<std::string_view, TokenId> byBytes;  ///< an added token before a merged one
  std::unordered_set<TokenId> special;
  std::optional<TokenId> endOfText;

  std::array<std::optional<TokenId>, 256> byteTokens;
  PairMerges merges;
  bool nfc = false;
  AddedTokenMatcher rawTokens;         ///< looked for in the text as it is
  AddedTokenMatcher normalizedTokens;  ///< looked for in what normalization made of it
  std::unordered_map<std::string, TokenId> wholeWords;  ///< only with ignore_merges
  CutRule cutRule;
};

}  // namespace featurescope
