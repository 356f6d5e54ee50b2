// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/vector_target.h"

#include <cmath>
#include <cstdint>

namespace featurescope {

/// Sixteen floats: one register with AVX-512, two with AVX2, four with SSE or NEON. The order of
/// every sum is therefore the same on every machine (a fused multiply-add still rounds once less).
using Vector = float __attribute__((vector_size(64)));
constexpr std::int64_t kLanes = 16;

namespace detail {
using UnalignedVector = float __attribute__((vector_size(64), aligned(4), may_alias));
}

FEATURESCOPE_INLINE Vector load(const float* from) {
  return *reinterpret_cast<const detail::UnalignedVector*>(from);
}

FEATURESCOPE_INLINE void store(float* to, const Vector& value) {
  *reinterpret_cast<detail::UnalignedVector*>(to) = value;
}

FEATURESCOPE_INLINE float squareRoot(float value) { return std::sqrt(value); }

FEATURESCOPE_INLINE Vector squareRoot(const Vector& values) {
  Vector roots;
  for (int i = 0; i < kLanes; ++i) roots[i] = std::sqrt(values[i]);
  return roots;
}

/// Each lane and the one half of the lanes further, until one is left.
FEATURESCOPE_INLINE float sumOfLanes(const Vector& v) {
  const auto eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                    __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/// Σ a_i b_i in 32 lanes.
FEATURESCOPE_INLINE float dot(const float* a, const float* b, std::int64_t count) {
  Vector even{}, odd{};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    even += load(a + i) * load(b + i);
    odd += load(a + i + kLanes) * load(b + i + kLanes);
  }
  float sum = sumOfLanes(even + odd);
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace featurescope
