// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/matrix_view.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// Rows of a sparse matrix (CSR). Row i holds entries [indptr[i], indptr[i+1]); columns ascend
/// within a row. The training step has the code f twice: by token [T, M] and by feature [M, T].
struct SparseMatrix {
  std::int64_t columns = 0;
  std::vector<std::int64_t> indptr{0};  ///< rows + 1
  std::vector<std::int32_t> indices;
  std::vector<float> values;

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(indptr.size()) - 1; }
  [[nodiscard]] std::int64_t nonZeros() const { return indptr.back(); }
};

/// How many entries of each row of z [T, M] are > 0 once `bias` [M] is added: `counts` [T].
void countActive(MatrixView<const float> z, std::span<const float> bias,
                 std::span<std::int64_t> counts);

/// ReLU(z + bias) of z [T, M]: the entries > 0, by row. `counts` as countActive gives them. NaN
/// counts as not active. `code` keeps its memory from call to call.
void activeEntries(MatrixView<const float> z, std::span<const float> bias,
                   std::span<const std::int64_t> counts, SparseMatrix& code);

/// Drops the entries that are not > 0.
void keepPositive(SparseMatrix& matrix);

/// The same matrix by its columns.
void transpose(const SparseMatrix& matrix, SparseMatrix& transposed);

namespace plain {
void activeEntries(MatrixView<const float> z, std::span<const float> bias, SparseMatrix& code);
void transpose(const SparseMatrix& matrix, SparseMatrix& transposed);
}  // namespace plain

}  // namespace featurescope
