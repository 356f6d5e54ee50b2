// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/screen.h"

#include "core/kernels/fill_rows.h"
#include "core/kernels/parallel.h"
#include "core/kernels/round_row.h"
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

void RoundedRows::resize(std::int64_t rows) {
  norms.resize(static_cast<std::size_t>(rows));
  errors.resize(static_cast<std::size_t>(rows));
}

void roundRows(MatrixView<const float> rows, MatrixView<std::uint16_t> rounded,
               RoundedRows& result) {
  assert(rows.rows == rounded.rows && rows.columns == rounded.columns);
  result.resize(rows.rows);
  parallelBlocks(rows.rows, kSearchedRows, rows.rows * rows.columns,
                 [&](std::int64_t first, std::int64_t end) {
                   for (std::int64_t i = first; i < end; ++i) {
                     const RowBounds bounds = onTarget<roundRow>(rows.row(i).data(), rows.columns,
                                                                 rounded.row(i).data());
                     result.norms[i] = bounds.norm;
                     result.errors[i] = bounds.error;
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
