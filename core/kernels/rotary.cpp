// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/rotary.h"

#include "core/kernels/parallel.h"
#include "core/kernels/vector.h"

#include <algorithm>
#include <cassert>

namespace featurescope {

namespace {

/// Positions that a thread takes at a time.
constexpr std::int64_t kBlock = 8;

/// The query and the key of every head at one position: `heads` times three rows of `headWidth`, of
/// which the third, the value, stays.
FEATURESCOPE_INLINE void rotatePosition(float* heads, std::int64_t count, std::int64_t headWidth,
                                        const float* cosine, const float* sine, std::int64_t half) {
  for (std::int64_t row = 0; row < 3 * count; ++row) {
    if (row % 3 == 2) continue;
    float* const first = heads + row * headWidth;
    float* const second = first + half;
    for (std::int64_t i = 0; i < half; ++i) {
      const float a = first[i], b = second[i];
      first[i] = a * cosine[i] - b * sine[i];
      second[i] = b * cosine[half + i] + a * sine[half + i];
    }
  }
}

std::int64_t rotatedWidth(const QueryKeyValue& projected, std::span<const float> angles) {
  const std::int64_t rotated = std::ssize(angles) / std::max<std::int64_t>(1, projected.length);
  assert(rotated % 2 == 0 && rotated <= projected.headWidth);
  return rotated;
}

}  // namespace

void rotateQueriesAndKeys(const QueryKeyValue& projected, std::span<const float> cosine,
                          std::span<const float> sine) {
  assert(cosine.size() == sine.size());
  const std::int64_t rotated = rotatedWidth(projected, cosine);
  const std::int64_t width = 3 * projected.heads * projected.headWidth;
  const std::int64_t positions = projected.rows * projected.length;
  parallelBlocks(positions, kBlock, positions * projected.heads * rotated,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t p = begin; p < end; ++p) {
                     const std::int64_t angles = p % projected.length * rotated;
                     onTarget<rotatePosition>(projected.data + p * width, projected.heads,
                                              projected.headWidth, cosine.data() + angles,
                                              sine.data() + angles, rotated / 2);
                   }
                 });
}

namespace plain {

void rotateQueriesAndKeys(const QueryKeyValue& projected, std::span<const float> cosine,
                          std::span<const float> sine) {
  const std::int64_t rotated = rotatedWidth(projected, cosine), half = rotated / 2;
  const std::int64_t vectors = projected.rows * projected.length * projected.heads * 3;
  for (std::int64_t v = 0; v < vectors; ++v) {
    if (v % 3 == 2) continue;
    float* const vector = projected.data + v * projected.headWidth;
    const std::int64_t angles = v / (3 * projected.heads) % projected.length * rotated;
    for (std::int64_t i = 0; i < half; ++i) {
      const double a = vector[i], b = vector[half + i];
      const std::size_t at = angles + i, partner = at + half;
      vector[i] = static_cast<float>(a * cosine[at] - b * sine[at]);
      vector[half + i] = static_cast<float>(b * cosine[partner] + a * sine[partner]);
    }
  }
}

}  // namespace plain

}  // namespace featurescope
