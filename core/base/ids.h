// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace featurescope {

/// A number that names one thing of one kind; ids of different kinds do not mix.
template <class Tag>
struct Id {
  std::int32_t value = 0;
  auto operator<=>(const Id&) const = default;
};

using FeatureId = Id<struct FeatureTag>;  ///< a column of W_enc, a row of W_dec; from 0
using TokenId = Id<struct TokenTag>;      ///< an entry of the tokenizer's vocabulary; from 0
using Layer = Id<struct LayerTag>;        ///< a transformer block; from 0

/// A place in a token stream, counted from 0 over the tokens that were kept.
using Position = std::int64_t;

}  // namespace featurescope

template <class Tag>
struct std::hash<featurescope::Id<Tag>> {
  std::size_t operator()(featurescope::Id<Tag> id) const noexcept {
    return std::hash<std::int32_t>{}(id.value);
  }
};
