// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_code.h"

#include "core/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace featurescope {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Shape {
  std::int64_t rows, columns;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.rows << "×" << shape.columns; }

/// Mostly what a ReLU gives, with the values a kernel may trip over in between.
std::vector<float> activations(const Shape& shape, double density, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<float> values(static_cast<std::size_t>(shape.rows * shape.columns), 0.0F);
  for (float& value : values) {
    if (random.uniform() < density) value = static_cast<float>(random.normal());
    if (random.uniform() < 0.01) value = -0.0F;
    if (random.uniform() < 0.01) value = std::numeric_limits<float>::denorm_min();
    if (random.uniform() < 0.01) value = kNaN;
  }
  return values;
}

class AppendActive : public ::testing::TestWithParam<std::tuple<Shape, double>> {};

TEST_P(AppendActive, EqualsItsPlainTwin) {
  const auto [shape, density] = GetParam();
  SparseCode fast, plainCode;
  fast.features = plainCode.features = shape.columns;
  for (const std::uint64_t seed : {1, 2}) {  // the second call appends
    const std::vector<float> values = activations(shape, density, seed);
    const MatrixView<const float> f{values.data(), shape.rows, shape.columns};
    appendActive(f, fast);
    plain::appendActive(f, plainCode);
  }
  EXPECT_EQ(fast.rows(), 2 * shape.rows);
  EXPECT_EQ(fast.indptr, plainCode.indptr);
  EXPECT_EQ(fast.indices, plainCode.indices);
  EXPECT_EQ(fast.values, plainCode.values);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AppendActive,
                         ::testing::Combine(::testing::Values(Shape{0, 5}, Shape{1, 1},
                                                              Shape{3, 31}, Shape{3, 32},
                                                              Shape{2, 33}, Shape{5, 100},
                                                              Shape{4, 1024}, Shape{2, 4099}),
                                            ::testing::Values(0.0, 0.01, 0.5, 1.0)));

TEST(SparseCode, HoldsTheIndicesAndValuesOfARow) {
  const std::vector<float> f{0,         2, 0,    0, 3, -1,  //
                             0,         0, 0,    0, 0, 0,   //
                             kInfinity, 0, kNaN, 0, 0, 0.5};
  SparseCode code;
  code.features = 6;
  appendActive({f.data(), 3, 6}, code);
  EXPECT_EQ(code.indptr, (std::vector<std::int64_t>{0, 2, 2, 4}));
  EXPECT_EQ(code.indices, (std::vector<std::int32_t>{1, 4, 0, 5}));
  EXPECT_EQ(code.values, (std::vector<float>{2, 3, kInfinity, 0.5}));
  EXPECT_EQ(code.rows(), 3);
  EXPECT_EQ(code.nonZeros(), 4);
}

}  // namespace
}  // namespace featurescope
