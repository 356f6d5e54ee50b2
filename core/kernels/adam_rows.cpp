// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/adam_rows.h"

#include "core/kernels/parallel.h"
#include "core/kernels/vector.h"

#include <algorithm>
#include <cmath>

namespace featurescope {

namespace {

/// Weights a thread takes at a time: a few rows of gradient, moments and weights in its own cache.
constexpr std::int64_t kBlockWeights = 1 << 14;

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

Row rowOf(const AdamMatrix& matrix, std::int64_t i) {
  return {matrix.weights.row(i).data(), matrix.gradient.row(i).data(),
          matrix.firstMoment.row(i).data(), matrix.secondMoment.row(i).data()};
}

/// Sums that run side by side, so that none waits for its own last addition.
constexpr std::int64_t kChains = 4;

FEATURESCOPE_INLINE float sumOfChains(const Vector (&chains)[kChains]) {
  return sumOfLanes((chains[0] + chains[1]) + (chains[2] + chains[3]));
}

/// What the memory should bring while a row is worked on in the cache: the same columns of these.
struct Ahead {
  const float* first;
  const float* second;
};

FEATURESCOPE_INLINE void prefetch(const Ahead& ahead, std::int64_t column) {
  __builtin_prefetch(ahead.first + column);
  __builtin_prefetch(ahead.second + column);
}

/// a·b and b·b
struct Products {
  float ofBoth = 0, ofSecond = 0;
};

FEATURESCOPE_INLINE Products products(const float* a, const float* b, std::int64_t count,
                                      const Ahead& ahead) {
  Vector both[kChains] = {}, second[kChains] = {};
  std::int64_t i = 0;
  for (; i + kChains * kLanes <= count; i += kChains * kLanes) {
    for (std::int64_t k = 0; k < kChains; ++k) {
      prefetch(ahead, i + k * kLanes);
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

/// The moments and weights of columns [begin, end) one step on, by the gradient less `parallel`
/// times the weights.
FEATURESCOPE_INLINE void updateColumns(const Row& row, std::int64_t begin, std::int64_t end,
                                       float parallel, const Coefficients& c) {
  float* __restrict weights = row.weights;
  const float* __restrict gradients = row.gradient;
  float* __restrict firstMoment = row.firstMoment;
  float* __restrict secondMoment = row.secondMoment;
  for (std::int64_t i = begin; i < end; ++i) {
    const float gradient = gradients[i] - parallel * weights[i];
    const float first = c.keepFirst * firstMoment[i] + c.takeFirst * gradient;
    const float second = c.keepSecond * secondMoment[i] + c.takeSecond * gradient * gradient;
    firstMoment[i] = first;
    secondMoment[i] = second;
    weights[i] -= c.stepSize * first / (std::sqrt(second) * c.inverseRoot + c.epsilon);
  }
}

/// Updates a row; the squared norm of its new weights, summed while they are at hand.
FEATURESCOPE_INLINE float updateRow(const Row& row, std::int64_t columns, float parallel,
                                    const Coefficients& given) {
  const Coefficients c = given;
  Vector squares[kChains] = {};
  std::int64_t i = 0;
  for (; i + kChains * kLanes <= columns; i += kChains * kLanes) {
    updateColumns(row, i, i + kChains * kLanes, parallel, c);
    for (std::int64_t k = 0; k < kChains; ++k) {
      const Vector weights = load(row.weights + i + k * kLanes);
      squares[k] += weights * weights;
    }
  }
  float sum = sumOfChains(squares);
  updateColumns(row, i, columns, parallel, c);
  for (; i < columns; ++i) sum += row.weights[i] * row.weights[i];
  return sum;
}

FEATURESCOPE_INLINE void scaleRow(float* row, std::int64_t columns, float factor,
                                  const Ahead& ahead) {
  std::int64_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) {
    prefetch(ahead, i);
    store(row + i, load(row + i) * factor);
  }
  for (; i < columns; ++i) row[i] *= factor;
}

/// How much of the row lies in its gradient.
float parallelComponent(const Row& row, std::int64_t columns) {
  const Products sums = onTarget<products>(row.gradient, row.weights, columns,
                                           Ahead{row.firstMoment, row.secondMoment});
  return sums.ofBoth / std::max(sums.ofSecond, kSmallestNorm);
}

void stepRow(const Row& row, std::int64_t columns, const Coefficients& c,
             RowConstraint constraint) {
  const bool projects = constraint == RowConstraint::ProjectedUnitNorm;
  const float squaredNorm =
      onTarget<updateRow>(row, columns, projects ? parallelComponent(row, columns) : 0.0F, c);
  if (constraint == RowConstraint::None) return;
  const float norm = std::sqrt(squaredNorm);
  // Meanwhile the next row comes.
  onTarget<scaleRow>(row.weights, columns, 1.0F / std::max(norm, kSmallestNorm),
                     Ahead{row.weights + columns, row.gradient + columns});
}

}  // namespace

void adamStep(const AdamMatrix& matrix, const AdamStep& step, RowConstraint constraint) {
  const Coefficients c(step);
  const std::int64_t columns = matrix.weights.columns;
  const std::int64_t blockRows =
      std::max<std::int64_t>(1, kBlockWeights / std::max<std::int64_t>(1, columns));
  parallelBlocks(matrix.weights.rows, blockRows, matrix.weights.rows * columns,
                 [&](std::int64_t first, std::int64_t end) {
                   for (std::int64_t i = first; i < end; ++i)
                     stepRow(rowOf(matrix, i), columns, c, constraint);
                 });
}

namespace plain {

void adamStep(const AdamMatrix& matrix, const AdamStep& step, RowConstraint constraint) {
  const double firstCorrection = 1 - std::pow(step.beta1, static_cast<double>(step.step));
  const double secondCorrection = 1 - std::pow(step.beta2, static_cast<double>(step.step));
  for (std::int64_t i = 0; i < matrix.weights.rows; ++i) {
    double parallel = 0, squaredNorm = 0;
    for (std::int64_t j = 0; j < matrix.weights.columns; ++j) {
      const double weight = matrix.weights(i, j);
      parallel += matrix.gradient(i, j) * weight;
      squaredNorm += weight * weight;
    }
    const bool projects = constraint == RowConstraint::ProjectedUnitNorm && squaredNorm > 0;
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
    if (constraint == RowConstraint::None || squaredNorm == 0) continue;
    for (float& weight : matrix.weights.row(i)) {
      weight = static_cast<float>(weight / std::sqrt(squaredNorm));
    }
  }
}

}  // namespace plain

}  // namespace featurescope
