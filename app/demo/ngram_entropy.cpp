// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/ngram_entropy.h"

#include <cmath>

namespace featurescope::demo {
namespace {

std::size_t index(TokenId token) { return static_cast<std::size_t>(token.value); }

}  // namespace

NgramCounts::NgramCounts(std::span<const TokenId> training, std::int32_t vocabulary)
    : counts_(static_cast<std::size_t>(vocabulary)),
      followers_(static_cast<std::size_t>(vocabulary)),
      total_(std::ssize(training)) {
  for (std::size_t i = 0; i < training.size(); ++i) {
    ++counts_[index(training[i])];
    if (i == 0) continue;
    Followers& followers = followers_[index(training[i - 1])];
    ++followers.total;
    const std::int64_t pair = std::int64_t{training[i - 1].value} * vocabulary + training[i].value;
    if (++pairs_[pair] == 1) ++followers.distinct;
  }
}

double NgramCounts::unigram(TokenId token) const {
  return static_cast<double>(counts_[index(token)] + 1) /
         static_cast<double>(total_ + std::ssize(counts_));
}

double NgramCounts::bigram(TokenId before, TokenId token) const {
  const Followers& followers = followers_[index(before)];
  if (followers.total == 0) return unigram(token);
  const auto found = pairs_.find(std::int64_t{before.value} * std::ssize(counts_) + token.value);
  const double seen = found == pairs_.end() ? 0.0 : static_cast<double>(found->second);
  const auto distinct = static_cast<double>(followers.distinct);
  return (seen + distinct * unigram(token)) / (static_cast<double>(followers.total) + distinct);
}

double NgramCounts::unigramEntropy(std::span<const TokenId> text) const {
  double sum = 0;
  for (std::size_t i = 1; i < text.size(); ++i) sum -= std::log(unigram(text[i]));
  return sum / static_cast<double>(text.size() - 1);
}

double NgramCounts::bigramEntropy(std::span<const TokenId> text) const {
  double sum = 0;
  for (std::size_t i = 1; i < text.size(); ++i) sum -= std::log(bigram(text[i - 1], text[i]));
  return sum / static_cast<double>(text.size() - 1);
}

}  // namespace featurescope::demo
