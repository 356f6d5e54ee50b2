// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/vector.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

// Rounding a row to bfloat16 with a bound on its error, for the kernels that do it; what the bounds
// are for is told in core/kernels/screen.cpp.

namespace featurescope {

/// Of every bound, for the roundings of its own evaluation in float32 (a few units of 2⁻²⁴; sums of
/// squares in 32 lanes or more err by less than d/16 · 2⁻²⁴ ≤ 2⁻¹²).
constexpr float kSlack = 1.0F / (1 << 10);

/// bfloat16 as the float32 it is; a value below the smallest normal number as 0.
FEATURESCOPE_INLINE std::uint32_t roundedBits(std::uint32_t bits) {
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
  return (rounded & 0x7f800000U) == 0 ? 0U : rounded;
}

namespace detail {

using Bits = std::uint32_t __attribute__((vector_size(64)));
using Halves = std::uint16_t __attribute__((vector_size(32)));
using UnalignedHalves = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));

FEATURESCOPE_INLINE Bits roundedBits(const Bits& bits) {
  const Bits rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
  return rounded & Bits((rounded & 0x7f800000U) != 0U);
}

/// √sum, from above. Squares may have vanished below the smallest normal number.
FEATURESCOPE_INLINE float normFromAbove(float sumOfSquares, std::int64_t columns) {
  const float vanished = static_cast<float>(columns) * std::numeric_limits<float>::min();
  return std::sqrt(sumOfSquares + vanished) * (1 + kSlack);
}

}  // namespace detail

/// Bounds from above, of a row a and its rounded ã: of ‖a‖ and ‖ã‖, and of ‖ã − a‖.
struct RowBounds {
  float norm = 0, error = 0;
};

FEATURESCOPE_INLINE RowBounds roundRow(const float* row, std::int64_t columns,
                                       std::uint16_t* rounded) {
  Vector norm[2] = {}, error[2] = {};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= columns; i += 2 * kLanes) {
    for (std::int64_t k = 0; k < 2; ++k) {
      const Vector values = load(row + i + k * kLanes);
      const detail::Bits bits = detail::roundedBits(__builtin_bit_cast(detail::Bits, values));
      const Vector nearest = __builtin_bit_cast(Vector, bits);
      norm[k] += nearest * nearest;
      error[k] += (nearest - values) * (nearest - values);
      *reinterpret_cast<detail::UnalignedHalves*>(rounded + i + k * kLanes) =
          __builtin_convertvector(bits >> 16, detail::Halves);
    }
  }
  float norms = sumOfLanes(norm[0] + norm[1]), errors = sumOfLanes(error[0] + error[1]);
  for (; i < columns; ++i) {
    const std::uint32_t bits = roundedBits(std::bit_cast<std::uint32_t>(row[i]));
    const auto nearest = std::bit_cast<float>(bits);
    rounded[i] = static_cast<std::uint16_t>(bits >> 16);
    norms += nearest * nearest;
    errors += (nearest - row[i]) * (nearest - row[i]);
  }
  const float ofError = detail::normFromAbove(errors, columns);
  // ‖a‖ ≤ ‖ã‖ + ‖ã − a‖
  return {detail::normFromAbove(norms, columns) + ofError, ofError};
}

}  // namespace featurescope
