// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace featurescope {

/// Queries, keys and values as one product with the attention's weights leaves them: float32
/// [rows, length, heads, 3, headWidth] without gaps.
struct QueryKeyValue {
  float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t length = 0;
  std::int64_t heads = 0;
  std::int64_t headWidth = 0;
};

/// Turns every query and key by its position's angles, in place (reference/pythia.md, "Rotary"): of
/// the first r numbers, number i < r/2 and its partner i + r/2 become
///   a_i · cos_i − a_{i+r/2} · sin_i   and   a_{i+r/2} · cos_{i+r/2} + a_i · sin_{i+r/2};
/// the rest and the values stay. `cosine` and `sine` are [length, r], r even and ≤ headWidth.
void rotateQueriesAndKeys(const QueryKeyValue& projected, std::span<const float> cosine,
                          std::span<const float> sine);

namespace plain {

/// The same, one number at a time in double precision.
void rotateQueriesAndKeys(const QueryKeyValue& projected, std::span<const float> cosine,
                          std::span<const float> sine);

}  // namespace plain

}  // namespace featurescope
