// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/adam_rows.h"

#include "core/kernels/parallel.h"
#include "core/kernels/round_row.h"
#include "core/kernels/vector.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

/// A row of zeros has no direction: divided by this it stays what it is.
constexpr float kSmallestNorm = 1e-30F;

/// The step's numbers as the loops use them.
struct Coefficients {
  explicit Coefficients(const AdamStep& step)
      : keepFirst(static_cast<float>(step.beta1)),
        takeFirst(static_cast<float>(1 - step.beta1)),
        keepSecond(static_cast<float>(step.beta2)),
        takeSecond(static_cast<float>(1 - step.beta2)),
        stepSize(static_cast<float>(step.learningRate /
                                    (1 - std::pow(step.beta1, static_cast<double>(step.step))))),
        inverseRoot(static_cast<float>(
            1 / std::sqrt(1 - std::pow(step.beta2, static_cast<double>(step.step))))),
        epsilon(static_cast<float>(step.epsilon)) {}

  float keepFirst, takeFirst, keepSecond, takeSecond;
  float stepSize;     ///< learning rate / (1 − β1^step)
  float inverseRoot;  ///< 1 / √(1 − β2^step)
  float epsilon;
};

/// One row of the four matrices.
struct Row {
  float* weights;
  const float* gradient;
  float* firstMoment;
  float* secondMoment;
};

FEATURESCOPE_INLINE Row rowOf(const AdamMatrix& matrix, std::int64_t i) {
  return {matrix.weights.row(i).data(), matrix.gradient.row(i).data(),
          matrix.firstMoment.row(i).data(), matrix.secondMoment.row(i).data()};
}

/// Sums that run side by side, so that none waits for its own last addition.
constexpr std::int64_t kChains = 4;

FEATURESCOPE_INLINE float sumOfChains(const Vector (&chains)[kChains]) {
  return sumOfLanes((chains[0] + chains[1]) + (chains[2] + chains[3]));
}

/// a·b and b·b
struct Products {
  float ofBoth = 0, ofSecond = 0;
};

FEATURESCOPE_INLINE Products products(const float* a, const float* b, std::int64_t count) {
  Vector both[kChains] = {}, second[kChains] = {};
  std::int64_t i = 0;
  for (; i + kChains * kLanes <= count; i += kChains * kLanes) {
    for (std::int64_t k = 0; k < kChains; ++k) {
      const Vector of = load(b + i + k * kLanes);
      both[k] += load(a + i + k * kLanes) * of;
      second[k] += of * of;
    }
  }
  Products sums{sumOfChains(both), sumOfChains(second)};
  for (; i < count; ++i) {
    sums.ofBoth += a[i] * b[i];
    sums.ofSecond += b[i] * b[i];
  }
  return sums;
}

/// One step of sixteen weights (or of one, where Number is float): the new weight; the gradient
/// loses `parallel` times the weight first.
template <class Number>
FEATURESCOPE_INLINE Number updated(Number weight, Number gradient, Number& first, Number& second,
                                   float parallel, const Coefficients& c) {
  gradient -= parallel * weight;
  first = c.keepFirst * first + c.takeFirst * gradient;
  second = c.keepSecond * second + c.takeSecond * gradient * gradient;
  return weight - c.stepSize * first / (squareRoot(second) * c.inverseRoot + c.epsilon);
}

/// Updates sixteen weights; their squares.
FEATURESCOPE_INLINE Vector updateLanes(const Row& row, std::int64_t i, float parallel,
                                       const Coefficients& c) {
  Vector first = load(row.firstMoment + i), second = load(row.secondMoment + i);
  const Vector weight =
      updated(load(row.weights + i), load(row.gradient + i), first, second, parallel, c);
  store(row.firstMoment + i, first);
  store(row.secondMoment + i, second);
  store(row.weights + i, weight);
  return weight * weight;
}

/// Updates a row; the squared norm of its new weights, summed while they are at hand.
FEATURESCOPE_INLINE float updateRow(const Row& given, std::int64_t columns, float parallel,
                                    const Coefficients& coefficients) {
  const Row row = given;
  const Coefficients c = coefficients;
  Vector squares[kChains] = {};
  std::int64_t i = 0;
  for (; i + kChains * kLanes <= columns; i += kChains * kLanes) {
    for (std::int64_t k = 0; k < kChains; ++k) {
      squares[k] += updateLanes(row, i + k * kLanes, parallel, c);
    }
  }
  float sum = sumOfChains(squares);
  for (; i < columns; ++i) {
    row.weights[i] = updated(row.weights[i], row.gradient[i], row.firstMoment[i],
                             row.secondMoment[i], parallel, c);
    sum += row.weights[i] * row.weights[i];
  }
  return sum;
}

FEATURESCOPE_INLINE void scaleRow(float* row, std::int64_t columns, float factor) {
  std::int64_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) store(row + i, load(row + i) * factor);
  for (; i < columns; ++i) row[i] *= factor;
}

/// How much of the row lies in its gradient.
FEATURESCOPE_INLINE float parallelComponent(const Row& row, std::int64_t columns) {
  const Products sums = products(row.gradient, row.weights, columns);
  return sums.ofBoth / std::max(sums.ofSecond, kSmallestNorm);
}

FEATURESCOPE_INLINE void stepRow(const Row& row, std::int64_t columns, const Coefficients& c,
                                 RowConstraint constraint) {
  const bool projects = constraint == RowConstraint::ProjectedUnitNorm;
  const float squaredNorm =
      updateRow(row, columns, projects ? parallelComponent(row, columns) : 0.0F, c);
  if (constraint == RowConstraint::None) return;
  scaleRow(row.weights, columns, 1.0F / std::max(std::sqrt(squaredNorm), kSmallestNorm));
}

FEATURESCOPE_INLINE void stepRows(const AdamMatrix& matrix, std::int64_t first, std::int64_t end,
                                  const Coefficients& c, const AfterStep& after) {
  const std::int64_t columns = matrix.weights.columns;
  for (std::int64_t i = first; i < end; ++i) {
    const Row row = rowOf(matrix, i);
    stepRow(row, columns, c, after.constraint);
    if (!after.rounded) continue;
    const RowBounds bounds = roundRow(row.weights, columns, after.rounded->rows.row(i).data());
    after.rounded->bounds.norms[i] = bounds.norm;
    after.rounded->bounds.errors[i] = bounds.error;
  }
}

}  // namespace

void adamStep(const AdamMatrix& matrix, const AdamStep& step, const AfterStep& after) {
  const Coefficients c(step);
  if (after.rounded) after.rounded->bounds.resize(matrix.weights.rows);
  parallelParts(matrix.weights.rows, matrix.weights.rows * matrix.weights.columns,
                [&](std::int64_t first, std::int64_t end) {
                  onTarget<stepRows>(matrix, first, end, c, after);
                });
}

namespace plain {

void adamStep(const AdamMatrix& matrix, const AdamStep& step, const AfterStep& after) {
  const double firstCorrection = 1 - std::pow(step.beta1, static_cast<double>(step.step));
  const double secondCorrection = 1 - std::pow(step.beta2, static_cast<double>(step.step));
  for (std::int64_t i = 0; i < matrix.weights.rows; ++i) {
    double parallel = 0, squaredNorm = 0;
    for (std::int64_t j = 0; j < matrix.weights.columns; ++j) {
      const double weight = matrix.weights(i, j);
      parallel += matrix.gradient(i, j) * weight;
      squaredNorm += weight * weight;
    }
    const bool projects = after.constraint == RowConstraint::ProjectedUnitNorm && squaredNorm > 0;
    parallel = projects ? parallel / squaredNorm : 0;
    squaredNorm = 0;
    for (std::int64_t j = 0; j < matrix.weights.columns; ++j) {
      const double gradient = matrix.gradient(i, j) - parallel * matrix.weights(i, j);
      const double first = step.beta1 * matrix.firstMoment(i, j) + (1 - step.beta1) * gradient;
      const double second =
          step.beta2 * matrix.secondMoment(i, j) + (1 - step.beta2) * gradient * gradient;
      const double weight =
          matrix.weights(i, j) - step.learningRate * (first / firstCorrection) /
                                     (std::sqrt(second / secondCorrection) + step.epsilon);
      matrix.firstMoment(i, j) = static_cast<float>(first);
      matrix.secondMoment(i, j) = static_cast<float>(second);
      matrix.weights(i, j) = static_cast<float>(weight);
      squaredNorm += weight * weight;
    }
    if (after.constraint == RowConstraint::None || squaredNorm == 0) continue;
    for (float& weight : matrix.weights.row(i)) {
      weight = static_cast<float>(weight / std::sqrt(squaredNorm));
    }
  }
  if (after.rounded) plain::roundRows(matrix.weights, after.rounded->rows, after.rounded->bounds);
}

}  // namespace plain

}  // namespace featurescope
