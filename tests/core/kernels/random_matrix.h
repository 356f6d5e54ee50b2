// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/matrix_view.h"
#include "core/base/random.h"
#include "core/kernels/sparse_matrix.h"

#include <cstdint>
#include <ostream>
#include <vector>

namespace featurescope {

/// A matrix of the test's own that begins `offset` elements after an aligned address.
template <class T>
struct OwnedMatrix {
  OwnedMatrix(std::int64_t rowCount, std::int64_t columnCount, std::int64_t offset = 1)
      : elements(static_cast<std::size_t>(rowCount * columnCount + offset)),
        view{elements.data() + offset, rowCount, columnCount} {}

  OwnedMatrix(const OwnedMatrix& other)
      : OwnedMatrix(other.view.rows, other.view.columns, other.offset()) {
    elements = other.elements;
    view.data = elements.data() + other.offset();
  }
  OwnedMatrix& operator=(const OwnedMatrix&) = delete;

  [[nodiscard]] std::int64_t offset() const { return view.data - elements.data(); }

  std::vector<T> elements;
  MatrixView<T> view;
};

inline OwnedMatrix<float> randomMatrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed,
                                       double scale = 1) {
  RandomStream random(seed);
  OwnedMatrix<float> matrix(rows, columns);
  for (float& element : matrix.elements) element = static_cast<float>(scale * random.normal());
  return matrix;
}

/// Entries of either sign; about every third row is empty where density is not 0 or 1.
inline SparseMatrix randomSparse(std::int64_t rows, std::int64_t columns, double density,
                                 std::uint64_t seed) {
  RandomStream random(seed);
  SparseMatrix matrix;
  matrix.columns = columns;
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool isEmpty = density < 1 && random.uniform() < 0.3;
    for (std::int64_t j = 0; j < columns && !isEmpty; ++j) {
      if (random.uniform() >= density) continue;
      matrix.indices.push_back(static_cast<std::int32_t>(j));
      matrix.values.push_back(static_cast<float>(random.normal()));
    }
    matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
  }
  return matrix;
}

struct Shape {
  std::int64_t rows, columns;
};

inline void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.rows << "×" << shape.columns;
}

}  // namespace featurescope
