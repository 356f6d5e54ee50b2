// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_matrix.h"

#include "tests/core/kernels/random_matrix.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <vector>

namespace featurescope {
namespace {

void expectSame(const SparseMatrix& a, const SparseMatrix& b) {
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.indptr, b.indptr);
  EXPECT_EQ(a.indices, b.indices);
  EXPECT_EQ(a.values, b.values);
}

class SparseMatrixTest : public ::testing::TestWithParam<std::tuple<Shape, double>> {};

TEST_P(SparseMatrixTest, HoldsWhatAReluLeaves) {
  const auto [shape, density] = GetParam();
  OwnedMatrix<float> z = randomMatrix(shape.rows, shape.columns, 1);
  if (z.elements.size() > 4) {
    z.elements[2] = std::numeric_limits<float>::quiet_NaN();
    z.elements[3] = std::numeric_limits<float>::infinity();
    z.elements[4] = std::numeric_limits<float>::denorm_min();
  }
  // A bias that leaves nothing, some or everything.
  const auto bias = static_cast<float>(density == 0 ? -100 : density == 1 ? 100 : -2.3);
  const std::vector<float> biases(static_cast<std::size_t>(shape.columns), bias);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(shape.rows));
  SparseMatrix code = randomSparse(3, 4, 0.5, 2), expected;  // what was in it is gone
  countActive(z.view, biases, counts);
  activeEntries(z.view, biases, counts, code);
  plain::activeEntries(z.view, biases, expected);
  expectSame(code, expected);
}

TEST(SparseMatrix, HoldsNothingWhereTheSumIsExactlyZero) {
  // More columns than are tested at a time, and a rest.
  constexpr std::int64_t kColumns = 67;
  const OwnedMatrix<float> z = randomMatrix(1, kColumns, 1);
  std::vector<float> biases(kColumns);
  for (std::int64_t m = 0; m < kColumns; ++m) {
    biases[static_cast<std::size_t>(m)] = (m % 3 == 0 ? 1.0F : 0.0F) - z.view(0, m);
  }
  std::vector<std::int64_t> counts(1);
  countActive(z.view, biases, counts);
  EXPECT_EQ(counts[0], 23);  // 0, 3, …, 66
  SparseMatrix code;
  activeEntries(z.view, biases, counts, code);
  ASSERT_EQ(code.indices.size(), 23U);
  for (std::size_t e = 0; e < code.indices.size(); ++e) {
    EXPECT_EQ(code.indices[e], static_cast<std::int32_t>(3 * e));
  }
  SparseMatrix mixed{.columns = 4, .indptr = {0, 4}, .indices = {0, 1, 2, 3}, .values = {}};
  mixed.values = {0.0F, -0.0F, 2.0F, -1.0F};
  keepPositive(mixed);
  EXPECT_EQ(mixed.indices, std::vector<std::int32_t>{2});
}

TEST_P(SparseMatrixTest, TransposesAsItsPlainTwin) {
  const auto [shape, density] = GetParam();
  const SparseMatrix matrix = randomSparse(shape.rows, shape.columns, density, 3);
  SparseMatrix transposed = randomSparse(3, 4, 0.5, 2), expected, back;
  transpose(matrix, transposed);
  plain::transpose(matrix, expected);
  expectSame(transposed, expected);
  transpose(transposed, back);
  expectSame(back, matrix);
}

TEST_P(SparseMatrixTest, KeepsPositiveEntriesOnly) {
  const auto [shape, density] = GetParam();
  SparseMatrix matrix = randomSparse(shape.rows, shape.columns, density, 4);
  OwnedMatrix<float> dense(shape.rows, shape.columns);
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    for (std::int64_t e = matrix.indptr[i]; e < matrix.indptr[i + 1]; ++e) {
      dense.view(i, matrix.indices[e]) = matrix.values[e];
    }
  }
  SparseMatrix expected;
  plain::activeEntries(dense.view,
                       std::vector<float>(static_cast<std::size_t>(shape.columns), 0.0F), expected);
  keepPositive(matrix);
  expectSame(matrix, expected);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SparseMatrixTest,
                         ::testing::Combine(::testing::Values(Shape{0, 5}, Shape{1, 1},
                                                              Shape{3, 63}, Shape{17, 64},
                                                              Shape{65, 130}, Shape{200, 37}),
                                            ::testing::Values(0.0, 0.02, 0.5, 1.0)));

}  // namespace
}  // namespace featurescope
