// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_products.h"

#include "tests/core/kernels/random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

namespace featurescope {
namespace {

/// Rows and columns of the sparse matrix, and the width of the dense one.
struct ProductShape {
  std::int64_t rows, columns, width;
};

void PrintTo(const ProductShape& shape, std::ostream* out) {
  *out << shape.rows << "×" << shape.columns << "×" << shape.width;
}

/// Sums of n products of numbers near 1 in float32.
double tolerance(std::int64_t n) { return 1e-5 + 3e-7 * static_cast<double>(n); }

class SparseProducts : public ::testing::TestWithParam<std::tuple<ProductShape, double>> {};

TEST_P(SparseProducts, MultiplyAsTheirPlainTwin) {
  const auto [shape, density] = GetParam();
  const SparseMatrix a = randomSparse(shape.rows, shape.columns, density, 1);
  const OwnedMatrix<float> b = randomMatrix(shape.columns, shape.width, 2);
  const OwnedMatrix<float> bias = randomMatrix(1, shape.width, 3);
  OwnedMatrix<float> out = randomMatrix(shape.rows, shape.width, 4);  // overwritten
  OwnedMatrix<float> expected(shape.rows, shape.width);
  for (const std::span<const float> first : {std::span<const float>(), {bias.view.row(0)}}) {
    multiply(a, b.view, first, out.view);
    plain::multiply(a, b.view, first, expected.view);
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      for (std::int64_t c = 0; c < shape.width; ++c) {
        ASSERT_NEAR(out.view(i, c), expected.view(i, c), tolerance(shape.columns)) << i << " " << c;
      }
    }
  }
}

TEST_P(SparseProducts, SampleAsTheirPlainTwin) {
  const auto [shape, density] = GetParam();
  SparseMatrix pattern = randomSparse(shape.rows, shape.columns, density, 1);
  const OwnedMatrix<float> a = randomMatrix(shape.rows, shape.width, 2);
  const OwnedMatrix<float> b = randomMatrix(shape.columns, shape.width, 3);
  const OwnedMatrix<float> offsets = randomMatrix(1, shape.rows, 4);
  std::vector<float> expected(pattern.values.size());
  plain::sampledProducts(pattern, a.view, b.view, offsets.view.row(0), expected);
  sampledProducts(pattern, a.view, b.view, offsets.view.row(0), pattern.values);
  for (std::size_t e = 0; e < expected.size(); ++e) {
    ASSERT_NEAR(pattern.values[e], expected[e], tolerance(shape.width)) << e;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, SparseProducts,
    ::testing::Combine(::testing::Values(ProductShape{0, 3, 4}, ProductShape{1, 1, 1},
                                         ProductShape{5, 9, 31}, ProductShape{33, 20, 128},
                                         ProductShape{40, 70, 300}, ProductShape{18, 7, 515},
                                         // more columns of b than stay in the cache at a time
                                         ProductShape{2, 20000, 131}),
                       ::testing::Values(0.0, 0.05, 1.0)));

TEST(SparseProducts, SumEachRow) {
  const SparseMatrix matrix{5, {0, 2, 2, 3}, {0, 4, 1}, {1.5F, -3, 7}};
  std::vector<float> sums(3);
  rowSums(matrix, sums);
  EXPECT_EQ(sums, (std::vector<float>{-1.5F, 0, 7}));
}

TEST(SparseProducts, SampleAnEntryTheSameWhateverStandsBesideIt) {
  const OwnedMatrix<float> a = randomMatrix(1, 77, 1), b = randomMatrix(9, 77, 2);
  const std::vector<float> offset{0.5F};
  const SparseMatrix whole = randomSparse(1, 9, 1, 3);
  std::vector<float> together(9), alone(1);
  sampledProducts(whole, a.view, b.view, offset, together);
  for (std::int32_t j = 0; j < 9; ++j) {
    const SparseMatrix one{9, {0, 1}, {j}, {0}};
    sampledProducts(one, a.view, b.view, offset, alone);
    EXPECT_EQ(alone[0], together[static_cast<std::size_t>(j)]) << j;
  }
}

}  // namespace
}  // namespace featurescope
