// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_code.h"

namespace featurescope {

void appendActive(MatrixView<const float> f, SparseCode& code) {
  assert(code.features == f.columns);
  for (std::int64_t t = 0; t < f.rows; ++t) {
    const float* row = f.row(t).data();
    for (std::int64_t m = 0; m < f.columns; ++m) {
      if (row[m] > 0.0F) {
        code.indices.push_back(static_cast<std::int32_t>(m));
        code.values.push_back(row[m]);
      }
    }
    code.indptr.push_back(static_cast<std::int64_t>(code.indices.size()));
  }
}

}  // namespace featurescope
