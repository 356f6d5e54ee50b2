// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace featurescope {

/// Finds added tokens in a text, leftmost first and the longest of those that start there.
/// Time: the text's length times at most that of the longest token.
class AddedTokenMatcher {
 public:
  struct Match {
    std::size_t begin = 0, end = 0;
    TokenId token;
  };

  /// `content` is not empty. Of tokens with the same content the first counts.
  void add(std::string_view content, TokenId token);

  /// The first match at or after `from`.
  [[nodiscard]] std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  struct Node {
    std::map<char, std::uint32_t> children;
    std::optional<TokenId> token;
  };

  [[nodiscard]] std::optional<Match> matchAt(std::string_view text, std::size_t begin) const;

  std::vector<Node> nodes_{1};  ///< a trie; the root first
  std::array<bool, 256> starts_{};
};

}  // namespace featurescope
