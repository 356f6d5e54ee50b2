// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_products.h"

#include "core/kernels/parallel.h"
#include "core/kernels/vector.h"

#include <algorithm>
#include <numeric>

namespace featurescope {

namespace {

/// A block of b's columns that the rows of `a` visit in no order should stay in the last-level
/// cache.
constexpr std::int64_t kCacheFloats = (8 << 20) / sizeof(float);
/// Columns summed in registers while a row of `a` is walked.
constexpr std::int64_t kVectors = 8;
constexpr std::int64_t kColumns = kVectors * kLanes;
/// Rows of `a` that a thread takes at a time.
constexpr std::int64_t kRowBlock = 16;

/// The entries of one row of a sparse matrix.
struct Entries {
  const std::int32_t* indices;
  const float* values;
  std::int64_t count;
};

Entries entriesOf(const SparseMatrix& matrix, std::int64_t row) {
  const std::int64_t begin = matrix.indptr[row];
  return {matrix.indices.data() + begin, matrix.values.data() + begin,
          matrix.indptr[row + 1] - begin};
}

/// out[0, kColumns) = first + Σ value · b[index, 0…]; `b` points at the first of the columns.
FEATURESCOPE_INLINE void sumRows(const Entries& entries, const float* b, std::int64_t stride,
                                 const float* first, float* out) {
  Vector sums[kVectors];
  for (std::int64_t v = 0; v < kVectors; ++v) {
    sums[v] = first == nullptr ? Vector{} : load(first + v * kLanes);
  }
  for (std::int64_t e = 0; e < entries.count; ++e) {
    const float* row = b + entries.indices[e] * stride;
    const float value = entries.values[e];
    for (std::int64_t v = 0; v < kVectors; ++v) sums[v] += value * load(row + v * kLanes);
  }
  for (std::int64_t v = 0; v < kVectors; ++v) store(out + v * kLanes, sums[v]);
}

/// The same for the last few columns.
FEATURESCOPE_INLINE void sumTail(const Entries& entries, const float* b, std::int64_t stride,
                                 const float* first, std::int64_t columns, float* out) {
  float sums[kColumns] = {};
  if (first != nullptr) std::copy_n(first, columns, sums);
  for (std::int64_t e = 0; e < entries.count; ++e) {
    const float* row = b + entries.indices[e] * stride;
    for (std::int64_t c = 0; c < columns; ++c) sums[c] += entries.values[e] * row[c];
  }
  std::copy_n(sums, columns, out);
}

/// Columns [begin, end) of one row of the product.
FEATURESCOPE_INLINE void multiplyRow(const Entries& entries, const float* b, std::int64_t stride,
                                     const float* first, std::int64_t begin, std::int64_t end,
                                     float* out) {
  std::int64_t c = begin;
  for (; c + kColumns <= end; c += kColumns) {
    sumRows(entries, b + c, stride, first == nullptr ? nullptr : first + c, out + c);
  }
  if (c < end) {
    sumTail(entries, b + c, stride, first == nullptr ? nullptr : first + c, end - c, out + c);
  }
}

/// a · b_j for four rows of b at once, each summed as dot() sums it.
FEATURESCOPE_INLINE void fourDots(const float* a, const float* const (&b)[4], std::int64_t count,
                                  float (&sums)[4]) {
  Vector even[4] = {}, odd[4] = {};
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const Vector first = load(a + i), second = load(a + i + kLanes);
    for (int k = 0; k < 4; ++k) {
      even[k] += first * load(b[k] + i);
      odd[k] += second * load(b[k] + i + kLanes);
    }
  }
  for (int k = 0; k < 4; ++k) sums[k] = sumOfLanes(even[k] + odd[k]);
  for (; i < count; ++i) {
    for (int k = 0; k < 4; ++k) sums[k] += a[i] * b[k][i];
  }
}

FEATURESCOPE_INLINE void sampledRow(const Entries& entries, const float* a, const float* b,
                                    std::int64_t stride, float offset, float* products) {
  std::int64_t e = 0;
  for (; e + 4 <= entries.count; e += 4) {
    const float* const rows[4] = {
        b + entries.indices[e] * stride, b + entries.indices[e + 1] * stride,
        b + entries.indices[e + 2] * stride, b + entries.indices[e + 3] * stride};
    float sums[4];
    fourDots(a, rows, stride, sums);
    for (int k = 0; k < 4; ++k) products[e + k] = sums[k] + offset;
  }
  for (; e < entries.count; ++e) {
    products[e] = dot(a, b + entries.indices[e] * stride, stride) + offset;
  }
}

}  // namespace

void multiply(const SparseMatrix& a, MatrixView<const float> b, std::span<const float> first,
              MatrixView<float> out) {
  assert(a.rows() == out.rows && a.columns == b.rows && b.columns == out.columns);
  assert(first.empty() || static_cast<std::int64_t>(first.size()) == out.columns);
  const std::int64_t inCache = kCacheFloats / std::max<std::int64_t>(1, b.rows);
  const std::int64_t width = std::max(kColumns, inCache / kColumns * kColumns);
  const std::int64_t rowBlocks = (a.rows() + kRowBlock - 1) / kRowBlock;
  const std::int64_t columnBlocks = (b.columns + width - 1) / width;
  parallelFor(rowBlocks * columnBlocks, a.nonZeros() * b.columns, [&](std::int64_t task) {
    const std::int64_t begin = task / rowBlocks * width;
    const std::int64_t end = std::min(begin + width, b.columns);
    const std::int64_t firstRow = task % rowBlocks * kRowBlock;
    const std::int64_t lastRow = std::min(firstRow + kRowBlock, a.rows());
    for (std::int64_t i = firstRow; i < lastRow; ++i) {
      onTarget<multiplyRow>(entriesOf(a, i), b.data, b.columns,
                            first.empty() ? nullptr : first.data(), begin, end, out.row(i).data());
    }
  });
}

void sampledProducts(const SparseMatrix& pattern, MatrixView<const float> a,
                     MatrixView<const float> b, std::span<const float> offsets,
                     std::span<float> products) {
  assert(pattern.rows() == a.rows && pattern.columns == b.rows && a.columns == b.columns);
  assert(static_cast<std::int64_t>(products.size()) == pattern.nonZeros());
  parallelBlocks(pattern.rows(), kRowBlock, pattern.nonZeros() * a.columns,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     onTarget<sampledRow>(entriesOf(pattern, i), a.row(i).data(), b.data, b.columns,
                                          offsets[i], products.data() + pattern.indptr[i]);
                   }
                 });
}

void rowSums(const SparseMatrix& matrix, std::span<float> sums) {
  assert(static_cast<std::int64_t>(sums.size()) == matrix.rows());
  for (std::int64_t i = 0; i < matrix.rows(); ++i) {
    const auto first = matrix.values.begin();
    sums[i] = std::accumulate(first + matrix.indptr[i], first + matrix.indptr[i + 1], 0.0F);
  }
}

namespace plain {

void multiply(const SparseMatrix& a, MatrixView<const float> b, std::span<const float> first,
              MatrixView<float> out) {
  for (std::int64_t i = 0; i < a.rows(); ++i) {
    for (std::int64_t c = 0; c < b.columns; ++c) {
      double sum = first.empty() ? 0.0 : first[c];
      for (std::int64_t e = a.indptr[i]; e < a.indptr[i + 1]; ++e) {
        sum += static_cast<double>(a.values[e]) * b(a.indices[e], c);
      }
      out(i, c) = static_cast<float>(sum);
    }
  }
}

void sampledProducts(const SparseMatrix& pattern, MatrixView<const float> a,
                     MatrixView<const float> b, std::span<const float> offsets,
                     std::span<float> products) {
  for (std::int64_t i = 0; i < pattern.rows(); ++i) {
    for (std::int64_t e = pattern.indptr[i]; e < pattern.indptr[i + 1]; ++e) {
      double sum = offsets[i];
      for (std::int64_t c = 0; c < a.columns; ++c) {
        sum += static_cast<double>(a(i, c)) * b(pattern.indices[e], c);
      }
      products[e] = static_cast<float>(sum);
    }
  }
}

}  // namespace plain

}  // namespace featurescope
