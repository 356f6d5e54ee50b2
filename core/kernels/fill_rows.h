// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/parallel.h"
#include "core/kernels/sparse_matrix.h"
#include "core/kernels/vector.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <vector>

namespace featurescope {

/// Rows a thread takes at a time when a dense matrix is searched for what belongs in a sparse one.
constexpr std::int64_t kSearchedRows = 16;
/// Columns tested together.
constexpr std::int64_t kTestedColumns = 64;

/// Appends the columns first + i with flags[i] == 1 (the others are 0) at `count` of `indices`: the
/// new count. Costs eight comparisons and a little for each column found.
FEATURESCOPE_INLINE std::int64_t appendFlagged(const std::uint8_t (&flags)[kTestedColumns],
                                               std::int64_t first, std::int32_t* indices,
                                               std::int64_t count) {
  static_assert(std::endian::native == std::endian::little);
  for (std::int64_t begin = 0; begin < kTestedColumns; begin += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, flags + begin, 8);
    for (; eight != 0; eight &= eight - 1) {
      indices[count++] = static_cast<std::int32_t>(first + begin + std::countr_zero(eight) / 8);
    }
  }
  return count;
}

/// Fills `matrix` with rows of `counts` entries. fill(t, indices, values) writes row t and says how
/// many, of at most `columns`.
template <class Fill>
void fillRows(std::span<const std::int64_t> counts, std::int64_t columns, const Fill& fill,
              SparseMatrix& matrix) {
  matrix.columns = columns;
  matrix.indptr.assign(counts.size() + 1, 0);
  std::inclusive_scan(counts.begin(), counts.end(), matrix.indptr.begin() + 1);
  matrix.indices.resize(static_cast<std::size_t>(matrix.nonZeros()));
  matrix.values.resize(matrix.indices.size());
  parallelBlocks(matrix.rows(), kSearchedRows, matrix.rows() * columns,
                 [&](std::int64_t first, std::int64_t end) {
                   std::vector<std::int32_t> indices(static_cast<std::size_t>(columns));
                   std::vector<float> values(indices.size());
                   for (std::int64_t t = first; t < end; ++t) {
                     const std::int64_t count = fill(t, indices.data(), values.data());
                     std::copy_n(indices.begin(), count, matrix.indices.begin() + matrix.indptr[t]);
                     std::copy_n(values.begin(), count, matrix.values.begin() + matrix.indptr[t]);
                   }
                 });
}

}  // namespace featurescope
