// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_matrix.h"

#include "core/kernels/fill_rows.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector.h"

#include <algorithm>
#include <numeric>

namespace featurescope {

namespace {

/// Rows whose columns are counted together when a matrix is transposed: few blocks, since each
/// counts every column.
std::int64_t transposeBlock(std::int64_t rows) {
  constexpr std::int64_t kFewestRows = 64, kBlocks = 16;
  return std::max(kFewestRows, (rows + kBlocks - 1) / kBlocks);
}

FEATURESCOPE_INLINE std::int64_t countOfRow(const float* z, const float* bias,
                                            std::int64_t columns) {
  std::int32_t count = 0;
  for (std::int64_t m = 0; m < columns; ++m) count += static_cast<std::int32_t>(z[m] + bias[m] > 0);
  return count;
}

FEATURESCOPE_INLINE std::int64_t entriesOfRow(const float* z, const float* bias,
                                              std::int64_t columns, std::int32_t* indices,
                                              float* values) {
  std::int64_t count = 0, first = 0;
  for (; first + kTestedColumns <= columns; first += kTestedColumns) {
    std::uint8_t flags[kTestedColumns];
    for (std::int64_t i = 0; i < kTestedColumns; ++i) {
      flags[i] = static_cast<std::uint8_t>(z[first + i] + bias[first + i] > 0);
    }
    count = appendFlagged(flags, first, indices, count);
  }
  for (; first < columns; ++first) {
    if (z[first] + bias[first] > 0) indices[count++] = static_cast<std::int32_t>(first);
  }
  for (std::int64_t e = 0; e < count; ++e) values[e] = z[indices[e]] + bias[indices[e]];
  return count;
}

/// For each block of rows and each column, how many of the block's entries lie in that column.
std::vector<std::int32_t> columnCounts(const SparseMatrix& matrix) {
  const std::int64_t block = transposeBlock(matrix.rows());
  const std::int64_t blocks = (matrix.rows() + block - 1) / block;
  std::vector<std::int32_t> counts(static_cast<std::size_t>(blocks * matrix.columns), 0);
  parallelBlocks(matrix.rows(), block, matrix.nonZeros(),
                 [&](std::int64_t first, std::int64_t end) {
                   std::int32_t* const ofBlock = counts.data() + first / block * matrix.columns;
                   for (std::int64_t e = matrix.indptr[first]; e < matrix.indptr[end]; ++e) {
                     ++ofBlock[matrix.indices[e]];
                   }
                 });
  return counts;
}

/// Turns the counts into where each block's first entry of each column goes, and fills indptr.
std::vector<std::int64_t> firstPlaces(const std::vector<std::int32_t>& counts,
                                      SparseMatrix& transposed) {
  const auto columns = transposed.rows();
  const std::int64_t blocks = columns == 0 ? 0 : static_cast<std::int64_t>(counts.size()) / columns;
  std::vector<std::int64_t> places(counts.size());
  std::int64_t place = 0;
  for (std::int64_t m = 0; m < columns; ++m) {
    transposed.indptr[m] = place;
    for (std::int64_t b = 0; b < blocks; ++b) {
      places[b * columns + m] = place;
      place += counts[b * columns + m];
    }
  }
  transposed.indptr[columns] = place;
  return places;
}

}  // namespace

void countActive(MatrixView<const float> z, std::span<const float> bias,
                 std::span<std::int64_t> counts) {
  assert(static_cast<std::int64_t>(bias.size()) == z.columns);
  assert(static_cast<std::int64_t>(counts.size()) == z.rows);
  parallelBlocks(z.rows, kSearchedRows, z.rows * z.columns,
                 [&](std::int64_t first, std::int64_t end) {
                   for (std::int64_t t = first; t < end; ++t) {
                     counts[t] = onTarget<countOfRow>(z.row(t).data(), bias.data(), z.columns);
                   }
                 });
}

void activeEntries(MatrixView<const float> z, std::span<const float> bias,
                   std::span<const std::int64_t> counts, SparseMatrix& code) {
  fillRows(
      counts, z.columns,
      [&](std::int64_t t, std::int32_t* indices, float* values) {
        return onTarget<entriesOfRow>(z.row(t).data(), bias.data(), z.columns, indices, values);
      },
      code);
}

void keepPositive(SparseMatrix& matrix) {
  std::int64_t kept = 0, begin = 0;
  for (std::int64_t i = 0; i < matrix.rows(); ++i) {
    const std::int64_t end = matrix.indptr[i + 1];
    for (std::int64_t e = begin; e < end; ++e) {
      matrix.indices[kept] = matrix.indices[e];
      matrix.values[kept] = matrix.values[e];
      kept += static_cast<std::int64_t>(matrix.values[e] > 0);
    }
    matrix.indptr[i + 1] = kept;
    begin = end;
  }
  matrix.indices.resize(static_cast<std::size_t>(kept));
  matrix.values.resize(static_cast<std::size_t>(kept));
}

void transpose(const SparseMatrix& matrix, SparseMatrix& transposed) {
  transposed.columns = matrix.rows();
  transposed.indptr.assign(static_cast<std::size_t>(matrix.columns) + 1, 0);
  std::vector<std::int64_t> places = firstPlaces(columnCounts(matrix), transposed);
  transposed.indices.resize(matrix.indices.size());
  transposed.values.resize(matrix.values.size());
  const std::int64_t block = transposeBlock(matrix.rows());
  parallelBlocks(matrix.rows(), block, matrix.nonZeros(),
                 [&](std::int64_t first, std::int64_t end) {
                   std::int64_t* const next = places.data() + first / block * matrix.columns;
                   for (std::int64_t t = first; t < end; ++t) {
                     for (std::int64_t e = matrix.indptr[t]; e < matrix.indptr[t + 1]; ++e) {
                       const std::int64_t place = next[matrix.indices[e]]++;
                       transposed.indices[place] = static_cast<std::int32_t>(t);
                       transposed.values[place] = matrix.values[e];
                     }
                   }
                 });
}

namespace plain {

void activeEntries(MatrixView<const float> z, std::span<const float> bias, SparseMatrix& code) {
  code = {};
  code.columns = z.columns;
  for (std::int64_t t = 0; t < z.rows; ++t) {
    for (std::int64_t m = 0; m < z.columns; ++m) {
      const float value = z(t, m) + bias[m];
      if (!(value > 0)) continue;
      code.indices.push_back(static_cast<std::int32_t>(m));
      code.values.push_back(value);
    }
    code.indptr.push_back(static_cast<std::int64_t>(code.indices.size()));
  }
}

void transpose(const SparseMatrix& matrix, SparseMatrix& transposed) {
  transposed = {};
  transposed.columns = matrix.rows();
  for (std::int64_t m = 0; m < matrix.columns; ++m) {
    for (std::int64_t t = 0; t < matrix.rows(); ++t) {
      for (std::int64_t e = matrix.indptr[t]; e < matrix.indptr[t + 1]; ++e) {
        if (matrix.indices[e] != m) continue;
        transposed.indices.push_back(static_cast<std::int32_t>(t));
        transposed.values.push_back(matrix.values[e]);
      }
    }
    transposed.indptr.push_back(static_cast<std::int64_t>(transposed.indices.size()));
  }
}

}  // namespace plain

}  // namespace featurescope
