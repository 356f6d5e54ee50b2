// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/adam_rows.h"

#include "tests/core/kernels/random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

namespace featurescope {
namespace {

constexpr AdamStep kOptions{.learningRate = 3e-3, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-5};

/// Weights with their moments.
struct State {
  State(const Shape& shape, std::uint64_t seed)
      : weights(randomMatrix(shape.rows, shape.columns, seed)),
        firstMoment(shape.rows, shape.columns),
        secondMoment(shape.rows, shape.columns) {}

  AdamMatrix with(const OwnedMatrix<float>& gradient) {
    return {weights.view, gradient.view, firstMoment.view, secondMoment.view};
  }

  OwnedMatrix<float> weights, firstMoment, secondMoment;
};

void expectNear(const OwnedMatrix<float>& a, const OwnedMatrix<float>& b) {
  for (std::int64_t i = 0; i < a.view.rows * a.view.columns; ++i) {
    ASSERT_NEAR(a.view.data[i], b.view.data[i], 1e-6 + 2e-6 * std::abs(b.view.data[i])) << i;
  }
}

class AdamRows : public ::testing::TestWithParam<std::tuple<Shape, RowConstraint>> {};

TEST_P(AdamRows, GoesTheWayOfItsPlainTwin) {
  const auto [shape, constraint] = GetParam();
  State fast(shape, 1), exact(shape, 1);
  for (AdamStep step = kOptions; step.step <= 12; ++step.step) {
    // Every third step nothing is active: the moments decay.
    const OwnedMatrix<float> gradient =
        randomMatrix(shape.rows, shape.columns, static_cast<std::uint64_t>(step.step),
                     step.step % 3 == 0 ? 0.0 : 1.0);
    adamStep(fast.with(gradient), step, {constraint, {}});
    plain::adamStep(exact.with(gradient), step, {constraint, {}});
  }
  expectNear(fast.weights, exact.weights);
  expectNear(fast.firstMoment, exact.firstMoment);
  expectNear(fast.secondMoment, exact.secondMoment);
}

TEST_P(AdamRows, LeavesRowsOfUnitNorm) {
  const auto [shape, constraint] = GetParam();
  if (constraint == RowConstraint::None) return;
  State state(shape, 5);
  adamStep(state.with(randomMatrix(shape.rows, shape.columns, 6)), kOptions, {constraint, {}});
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    double squaredNorm = 0;
    for (const float weight : state.weights.view.row(i)) {
      squaredNorm += static_cast<double>(weight) * weight;
    }
    EXPECT_NEAR(squaredNorm, 1, 1e-5) << i;
  }
}

TEST_P(AdamRows, KeepsACopyAsRoundRowsMakesIt) {
  const auto [shape, constraint] = GetParam();
  State state(shape, 11);
  OwnedMatrix<std::uint16_t> kept(shape.rows, shape.columns), expected(shape.rows, shape.columns);
  RoundedRows bounds, expectedBounds;
  adamStep(state.with(randomMatrix(shape.rows, shape.columns, 12)), kOptions,
           {constraint, RoundedCopy{kept.view, bounds}});
  roundRows(state.weights.view, expected.view, expectedBounds);
  EXPECT_EQ(kept.elements, expected.elements);
  EXPECT_EQ(bounds.norms, expectedBounds.norms);
  EXPECT_EQ(bounds.errors, expectedBounds.errors);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AdamRows,
    ::testing::Combine(::testing::Values(Shape{0, 7}, Shape{1, 1}, Shape{5, 3}, Shape{3, 63},
                                         Shape{7, 64}, Shape{40, 517}, Shape{2, 20001}),
                       ::testing::Values(RowConstraint::None, RowConstraint::UnitNorm,
                                         RowConstraint::ProjectedUnitNorm)));

TEST(AdamRows, TakesNothingAlongTheRow) {
  // A gradient along the row is no gradient: only the renormalisation's rounding is left.
  State state({4, 100}, 8);
  adamStep(state.with(randomMatrix(4, 100, 9, 0.0)), kOptions, {RowConstraint::UnitNorm, {}});
  const OwnedMatrix<float> before = state.weights;
  adamStep(state.with(before), kOptions, {RowConstraint::ProjectedUnitNorm, {}});
  for (std::int64_t i = 0; i < 400; ++i) {
    EXPECT_NEAR(state.firstMoment.view.data[i], 0, 1e-7) << i;
  }
}

TEST(AdamRows, LeaveARowOfZerosAlone) {
  State state({2, 70}, 8);
  for (float& weight : state.weights.view.row(1)) weight = 0;
  const OwnedMatrix<float> gradient = randomMatrix(2, 70, 1, 0.0);
  adamStep(state.with(gradient), kOptions, {RowConstraint::ProjectedUnitNorm, {}});
  for (const float weight : state.weights.view.row(1)) EXPECT_EQ(weight, 0);
}

}  // namespace
}  // namespace featurescope
