// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/screen.h"

#include "core/kernels/fill_rows.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector.h"

#include <bit>
#include <cmath>
#include <limits>

// Why no entry that is > 0 in float32 is missed.
//
// Of one token b and one feature a, both of d ≤ 2¹⁶ numbers, let b̃ and ã be their bfloat16 forms,
// c what the hardware sums up for b̃·ã, z̃ that sum in bfloat16, and z′ any float32 evaluation of
// b·a.
// 1. The rounded inputs, with Cauchy and Schwarz:
//      |b̃·ã − b·a| = |(b̃ − b)·ã + b·(ã − a)| ≤ ‖b̃ − b‖ ‖ã‖ + ‖b‖ ‖ã − a‖.
// 2. The hardware's sum. Products of two bfloat16 are exact in float32. In whatever order d of them
//    are added, an addition errs by at most 2⁻²³ of its result (half of that where it rounds to
//    nearest), and Σ |b̃ᵢãᵢ| ≤ ‖b̃‖ ‖ã‖:
//      |c − b̃·ã| ≤ 1.01 d 2⁻²³ ‖b̃‖ ‖ã‖.
// 3. The float32 sum, whose d products round too, each to nearest:
//      |z′ − b·a| ≤ 1.01 (d + 1) 2⁻²⁴ ‖b‖ ‖a‖ ≤ 1.01 d 2⁻²³ ‖b‖ ‖a‖.
// 4. The product as it is stored, in 8 binary digits: |z̃ − c| ≤ 2⁻⁸ |z̃|.
// 5. Hardware may flush what is below the smallest normal number, 2⁻¹²⁶, to 0 at any of its
//    operations: not more than 4 d 2⁻¹²⁶ in all.
// So z′ + bias > 0 only if
//   z̃ + bias + ‖b̃ − b‖ ‖ã‖ + ‖b‖ ‖ã − a‖ + 2.02 d 2⁻²³ ‖b‖ ‖a‖ + 2⁻⁸ |z̃| + 4 d 2⁻¹²⁶ > 0,
// with bounds from above in place of the norms. kSlack covers the roundings of the test itself. A
// norm that overflows makes the entry a candidate, and so does a z̃ that is no number: the test asks
// whether the sum is not ≤ 0.

namespace featurescope {

namespace {

/// Of every bound, for the roundings of its own evaluation in float32 (a few units of 2⁻²⁴; sums of
/// squares in 32 lanes or more err by less than d/16 · 2⁻²⁴ ≤ 2⁻¹²).
constexpr float kSlack = 1.0F / (1 << 10);

using Bits = std::uint32_t __attribute__((vector_size(64)));
using Halves = std::uint16_t __attribute__((vector_size(32)));
using UnalignedHalves = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));

/// bfloat16 as the float32 it is; a value below the smallest normal number as 0.
FEATURESCOPE_INLINE std::uint32_t roundedBits(std::uint32_t bits) {
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
  return (rounded & 0x7f800000U) == 0 ? 0U : rounded;
}

FEATURESCOPE_INLINE Bits roundedBits(const Bits& bits) {
  const Bits rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
  return rounded & Bits((rounded & 0x7f800000U) != 0U);
}

struct SquaredNorms {
  float rounded = 0, error = 0;
};

FEATURESCOPE_INLINE SquaredNorms roundRow(const float* row, std::int64_t columns,
                                          std::uint16_t* rounded) {
  Vector norm[2] = {}, error[2] = {};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= columns; i += 2 * kLanes) {
    for (std::int64_t k = 0; k < 2; ++k) {
      const Vector values = load(row + i + k * kLanes);
      const Bits bits = roundedBits(__builtin_bit_cast(Bits, values));
      const Vector nearest = __builtin_bit_cast(Vector, bits);
      norm[k] += nearest * nearest;
      error[k] += (nearest - values) * (nearest - values);
      *reinterpret_cast<UnalignedHalves*>(rounded + i + k * kLanes) =
          __builtin_convertvector(bits >> 16, Halves);
    }
  }
  SquaredNorms sums{sumOfLanes(norm[0] + norm[1]), sumOfLanes(error[0] + error[1])};
  for (; i < columns; ++i) {
    const std::uint32_t bits = roundedBits(std::bit_cast<std::uint32_t>(row[i]));
    const auto nearest = std::bit_cast<float>(bits);
    rounded[i] = static_cast<std::uint16_t>(bits >> 16);
    sums.rounded += nearest * nearest;
    sums.error += (nearest - row[i]) * (nearest - row[i]);
  }
  return sums;
}

/// √sum, from above. Squares may have vanished below the smallest normal number.
float normFromAbove(float sumOfSquares, std::int64_t columns) {
  const float vanished = static_cast<float>(columns) * std::numeric_limits<float>::min();
  return std::sqrt(sumOfSquares + vanished) * (1 + kSlack);
}

/// What the test of one token's row needs of the token.
struct TokenBounds {
  float norm;      ///< of ‖b‖ and ‖b̃‖
  float error;     ///< of ‖b̃ − b‖, and what 2 and 3 take of ‖b‖
  float vanished;  ///< 5
};

TokenBounds boundsOf(const Screen& screen, std::int64_t token) {
  const auto width = static_cast<float>(screen.width);
  const float norm = screen.tokens.norms[token];
  const float ofSums = 2.02F * width * std::numeric_limits<float>::epsilon() * norm;
  return {norm * (1 + kSlack), (screen.tokens.errors[token] + ofSums) * (1 + kSlack),
          4 * width * std::numeric_limits<float>::min()};
}

/// The features' side of the test.
struct FeatureBounds {
  const float* norms;
  const float* errors;
  const float* bias;
};

FeatureBounds boundsOf(const Screen& screen) {
  return {screen.features.norms.data(), screen.features.errors.data(), screen.bias.data()};
}

FEATURESCOPE_INLINE bool mayBeActive(std::uint16_t product, std::int64_t m,
                                     const TokenBounds& token, const FeatureBounds& features) {
  const auto z = std::bit_cast<float>(static_cast<std::uint32_t>(product) << 16);
  const float bias = features.bias[m];
  const float margin = features.norms[m] * token.error + features.errors[m] * token.norm +
                       std::abs(z) * (1.0F / 256 + kSlack / 256) + std::abs(bias) * (kSlack / 256) +
                       token.vanished;
  return !(z + bias + margin <= 0);
}

FEATURESCOPE_INLINE std::int64_t countOfRow(const std::uint16_t* product, std::int64_t columns,
                                            const TokenBounds& givenToken,
                                            const FeatureBounds& givenFeatures) {
  const TokenBounds token = givenToken;
  const FeatureBounds features = givenFeatures;
  std::int32_t count = 0;
  for (std::int64_t m = 0; m < columns; ++m) {
    count += static_cast<std::int32_t>(mayBeActive(product[m], m, token, features));
  }
  return count;
}

FEATURESCOPE_INLINE std::int64_t candidatesOfRow(const std::uint16_t* product, std::int64_t columns,
                                                 const TokenBounds& givenToken,
                                                 const FeatureBounds& givenFeatures,
                                                 std::int32_t* indices) {
  const TokenBounds token = givenToken;
  const FeatureBounds features = givenFeatures;
  std::int64_t count = 0, first = 0;
  for (; first + kTestedColumns <= columns; first += kTestedColumns) {
    std::uint8_t flags[kTestedColumns];
    for (std::int64_t i = 0; i < kTestedColumns; ++i) {
      flags[i] =
          static_cast<std::uint8_t>(mayBeActive(product[first + i], first + i, token, features));
    }
    count = appendFlagged(flags, first, indices, count);
  }
  for (; first < columns; ++first) {
    if (mayBeActive(product[first], first, token, features)) {
      indices[count++] = static_cast<std::int32_t>(first);
    }
  }
  return count;
}

}  // namespace

bool multipliesBfloat16() {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

void roundRows(MatrixView<const float> rows, MatrixView<std::uint16_t> rounded,
               RoundedRows& result) {
  assert(rows.rows == rounded.rows && rows.columns == rounded.columns);
  result.norms.resize(static_cast<std::size_t>(rows.rows));
  result.errors.resize(static_cast<std::size_t>(rows.rows));
  parallelBlocks(rows.rows, kSearchedRows, rows.rows * rows.columns,
                 [&](std::int64_t first, std::int64_t end) {
                   for (std::int64_t i = first; i < end; ++i) {
                     const SquaredNorms sums = onTarget<roundRow>(rows.row(i).data(), rows.columns,
                                                                  rounded.row(i).data());
                     result.errors[i] = normFromAbove(sums.error, rows.columns);
                     // ‖a‖ ≤ ‖ã‖ + ‖ã − a‖
                     result.norms[i] = normFromAbove(sums.rounded, rows.columns) + result.errors[i];
                   }
                 });
}

void countCandidates(const Screen& screen, std::span<std::int64_t> counts) {
  assert(static_cast<std::int64_t>(counts.size()) == screen.product.rows);
  parallelBlocks(screen.product.rows, kSearchedRows, screen.product.rows * screen.product.columns,
                 [&](std::int64_t first, std::int64_t end) {
                   for (std::int64_t t = first; t < end; ++t) {
                     counts[t] =
                         onTarget<countOfRow>(screen.product.row(t).data(), screen.product.columns,
                                              boundsOf(screen, t), boundsOf(screen));
                   }
                 });
}

void candidates(const Screen& screen, std::span<const std::int64_t> counts, SparseMatrix& pattern) {
  fillRows(
      counts, screen.product.columns,
      [&](std::int64_t t, std::int32_t* indices, float*) {
        return onTarget<candidatesOfRow>(screen.product.row(t).data(), screen.product.columns,
                                         boundsOf(screen, t), boundsOf(screen), indices);
      },
      pattern);
}

namespace plain {

void roundRows(MatrixView<const float> rows, MatrixView<std::uint16_t> rounded,
               RoundedRows& result) {
  result = {};
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    double norm = 0, error = 0;
    for (std::int64_t j = 0; j < rows.columns; ++j) {
      const std::uint32_t bits = roundedBits(std::bit_cast<std::uint32_t>(rows(i, j)));
      const double nearest = std::bit_cast<float>(bits);
      rounded(i, j) = static_cast<std::uint16_t>(bits >> 16);
      norm += nearest * nearest;
      error += (nearest - rows(i, j)) * (nearest - rows(i, j));
    }
    result.errors.push_back(static_cast<float>(std::sqrt(error)));
    result.norms.push_back(static_cast<float>(std::sqrt(norm)));
  }
}

void candidates(const Screen& screen, SparseMatrix& pattern) {
  pattern = {};
  pattern.columns = screen.product.columns;
  for (std::int64_t t = 0; t < screen.product.rows; ++t) {
    const TokenBounds token = boundsOf(screen, t);
    for (std::int64_t m = 0; m < pattern.columns; ++m) {
      if (!mayBeActive(screen.product(t, m), m, token, boundsOf(screen))) continue;
      pattern.indices.push_back(static_cast<std::int32_t>(m));
      pattern.values.push_back(0);
    }
    pattern.indptr.push_back(static_cast<std::int64_t>(pattern.indices.size()));
  }
}

}  // namespace plain

}  // namespace featurescope
