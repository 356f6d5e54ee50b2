// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/matrix_view.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// Sparse rows (CSR): the active features of each token. Row t holds entries
/// [indptr[t], indptr[t+1]); feature ids ascend within a row; every value is > 0.
struct SparseCode {
  std::int64_t features = 0;            ///< M, the number of columns
  std::vector<std::int64_t> indptr{0};  ///< rows + 1
  std::vector<std::int32_t> indices;
  std::vector<float> values;

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(indptr.size()) - 1; }
  [[nodiscard]] std::int64_t nonZeros() const { return indptr.back(); }
  /// No rows; the memory is kept.
  void clear() {
    indptr.resize(1);
    indices.clear();
    values.clear();
  }
};

/// The entries > 0 of f [tokens, M], appended to `code` (whose `features` must be M). NaN counts as
/// not active; callers check for it where weights or activations enter.
void appendActive(MatrixView<const float> f, SparseCode& code);
/// The rows of `further`, of as many features, appended to `code`.
void appendRows(const SparseCode& further, SparseCode& code);

namespace plain {
void appendActive(MatrixView<const float> f, SparseCode& code);
}

}  // namespace featurescope
