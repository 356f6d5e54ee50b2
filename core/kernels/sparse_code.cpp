// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_code.h"

#include "core/kernels/vector.h"

namespace featurescope {

namespace {

/// Columns tested together. Codes are sparse: most blocks hold nothing and cost one comparison.
constexpr std::int64_t kBlock = 32;

/// Appends the entries > 0 of row[first, end) at `count` of the two arrays, without branches: an
/// entry that does not count is overwritten by the next.
FEATURESCOPE_INLINE std::int64_t compress(const float* row, std::int64_t first, std::int64_t end,
                                          std::int32_t* indices, float* values,
                                          std::int64_t count) {
  for (std::int64_t m = first; m < end; ++m) {
    indices[count] = static_cast<std::int32_t>(m);
    values[count] = row[m];
    count += static_cast<std::int64_t>(row[m] > 0.0F);
  }
  return count;
}

/// The active entries of one row; `indices` and `values` have room for columns + 1.
FEATURESCOPE_INLINE std::int64_t activeOfRow(const float* row, std::int64_t columns,
                                             std::int32_t* indices, float* values) {
  std::int64_t count = 0;
  std::int64_t first = 0;
  for (; first + kBlock <= columns; first += kBlock) {
    int active = 0;
    for (std::int64_t i = 0; i < kBlock; ++i) active |= static_cast<int>(row[first + i] > 0.0F);
    if (active != 0) count = compress(row, first, first + kBlock, indices, values, count);
  }
  return compress(row, first, columns, indices, values, count);
}

}  // namespace

void appendActive(MatrixView<const float> f, SparseCode& code) {
  assert(code.features == f.columns);
  std::vector<std::int32_t> indices(static_cast<std::size_t>(f.columns) + 1);
  std::vector<float> values(indices.size());
  for (std::int64_t t = 0; t < f.rows; ++t) {
    const std::int64_t count =
        onTarget<activeOfRow>(f.row(t).data(), f.columns, indices.data(), values.data());
    code.indices.insert(code.indices.end(), indices.begin(), indices.begin() + count);
    code.values.insert(code.values.end(), values.begin(), values.begin() + count);
    code.indptr.push_back(code.indptr.back() + count);
  }
}

void appendRows(const SparseCode& further, SparseCode& code) {
  assert(code.features == further.features);
  const std::int64_t before = code.nonZeros();
  for (std::size_t t = 1; t < further.indptr.size(); ++t) {
    code.indptr.push_back(before + further.indptr[t]);
  }
  code.indices.insert(code.indices.end(), further.indices.begin(), further.indices.end());
  code.values.insert(code.values.end(), further.values.begin(), further.values.end());
}

namespace plain {

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

}  // namespace plain

}  // namespace featurescope
