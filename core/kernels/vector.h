// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/vector_target.h"

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

FEATURESCOPE_INLINE float sumOfLanes(const Vector& value) {
  float lanes[kLanes];
  store(lanes, value);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
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
