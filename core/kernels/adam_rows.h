// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/matrix_view.h"
#include "core/kernels/screen.h"

#include <cstdint>
#include <optional>

namespace featurescope {

/// One step of torch.optim.Adam (Kingma and Ba; bias-corrected moments, epsilon outside the root).
struct AdamStep {
  double learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  std::int64_t step = 1;  ///< from 1
};

/// What one step of Adam reads and changes; four matrices of one shape that do not overlap. Any
/// alignment.
struct AdamMatrix {
  MatrixView<float> weights;
  MatrixView<const float> gradient;
  MatrixView<float> firstMoment, secondMoment;
};

/// What a decoder's rows need besides.
enum class RowConstraint {
  None,
  UnitNorm,           ///< each row back to norm 1 after the update; a row of zeros stays
  ProjectedUnitNorm,  ///< the same, and the gradient first loses its component along the row
};

/// What is done with a matrix beyond Adam's step, while its rows are at hand.
struct AfterStep {
  RowConstraint constraint = RowConstraint::None;
  std::optional<RoundedCopy> rounded;  ///< the new weights in bfloat16; of their shape
};

/// Adam over a matrix in one pass of the memory, row by row. A gradient of zeros (a feature that
/// was active on no token) still decays the moments and moves the weights, as in torch.optim.Adam.
/// The result does not depend on the number of threads.
void adamStep(const AdamMatrix& matrix, const AdamStep& step, const AfterStep& after = {});
namespace plain {
void adamStep(const AdamMatrix& matrix, const AdamStep& step, const AfterStep& after = {});
}

}  // namespace featurescope
