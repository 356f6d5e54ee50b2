// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/sparse_matrix.h"

#include <span>

namespace featurescope {

// No result depends on the number of threads: each element is one thread's sum in a fixed order.

/// out = first + a·b: a sparse [n, k], b [k, d], `first` [d] added to every row (empty: zeros), out
/// [n, d], overwritten. With f by token this decodes; with f or p by feature it is ∂W_dec or
/// ∂W_enc, a row a feature. b and out do not overlap.
void multiply(const SparseMatrix& a, MatrixView<const float> b, std::span<const float> first,
              MatrixView<float> out);

/// a·bᵀ on the support of `pattern` [n, k] only: entry (i, j) is a_i · b_j + offset_i, for a [n, d]
/// and b [k, d]. `products` has an element for each entry of `pattern`, in its order, and may be
/// the pattern's own values. `offsets` [n].
void sampledProducts(const SparseMatrix& pattern, MatrixView<const float> a,
                     MatrixView<const float> b, std::span<const float> offsets,
                     std::span<float> products);

/// The sum of each row's entries: `sums` [n].
void rowSums(const SparseMatrix& matrix, std::span<float> sums);

namespace plain {
void multiply(const SparseMatrix& a, MatrixView<const float> b, std::span<const float> first,
              MatrixView<float> out);
void sampledProducts(const SparseMatrix& pattern, MatrixView<const float> a,
                     MatrixView<const float> b, std::span<const float> offsets,
                     std::span<float> products);
}  // namespace plain

}  // namespace featurescope
