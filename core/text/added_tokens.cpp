// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/added_tokens.h"

namespace featurescope {

void AddedTokenMatcher::add(std::string_view content, TokenId token) {
  starts_[static_cast<unsigned char>(content.front())] = true;
  std::uint32_t node = 0;
  for (const char c : content) {
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    const auto [child, isNew] = nodes_[node].children.try_emplace(c, next);
    node = child->second;
    if (isNew) nodes_.emplace_back();
  }
  if (!nodes_[node].token) nodes_[node].token = token;
}

std::optional<AddedTokenMatcher::Match> AddedTokenMatcher::matchAt(std::string_view text,
                                                                   std::size_t begin) const {
  std::optional<Match> longest;
  std::uint32_t node = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const auto child = nodes_[node].children.find(text[at]);
    if (child == nodes_[node].children.end()) break;
    node = child->second;
    if (nodes_[node].token) longest = Match{begin, at + 1, *nodes_[node].token};
  }
  return longest;
}

std::optional<AddedTokenMatcher::Match> AddedTokenMatcher::find(std::string_view text,
                                                                std::size_t from) const {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!starts_[static_cast<unsigned char>(text[at])]) continue;
    if (const auto match = matchAt(text, at)) return match;
  }
  return std::nullopt;
}

}  // namespace featurescope
