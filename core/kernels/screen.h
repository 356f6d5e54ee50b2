// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/sparse_matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

// Which entries of z = b·aᵀ + bias can be > 0, told from a product in bfloat16. Only those are then
// computed in float32: float32's code at bfloat16's price.

/// Whether this machine multiplies bfloat16 faster than float32; screening pays only there.
[[nodiscard]] bool multipliesBfloat16();

/// The rows of a float32 matrix in bfloat16.
struct RoundedRows {
  /// Bounds from above, of each row a and its rounded ã: of ‖a‖ and ‖ã‖, and of ‖ã − a‖.
  std::vector<float> norms, errors;

  void resize(std::int64_t rows);
};

/// Where a matrix is kept in bfloat16 beside its float32: as roundRows() leaves it.
struct RoundedCopy {
  MatrixView<std::uint16_t> rows;
  RoundedRows& bounds;
};

/// Rounds `rows` to bfloat16 (nearest, ties to even; what has no normal bfloat16 becomes 0) into
/// `rounded`, of the same shape: bfloat16 in the upper half of a float32's bits.
void roundRows(MatrixView<const float> rows, MatrixView<std::uint16_t> rounded,
               RoundedRows& result);

/// What screening knows of a product z̃ [T, M] (bfloat16) of rounded rows b [T, d] and a [M, d].
struct Screen {
  MatrixView<const std::uint16_t> product;
  const RoundedRows& tokens;
  const RoundedRows& features;
  std::span<const float> bias;  ///< [M]
  std::int64_t width = 0;       ///< d, at most 2¹⁶
};

/// How many entries of each row may be > 0: `counts` [T].
void countCandidates(const Screen& screen, std::span<std::int64_t> counts);
/// Those entries, with values of no meaning. `counts` as countCandidates gives them.
void candidates(const Screen& screen, std::span<const std::int64_t> counts, SparseMatrix& pattern);

namespace plain {
void roundRows(MatrixView<const float> rows, MatrixView<std::uint16_t> rounded,
               RoundedRows& result);
void candidates(const Screen& screen, SparseMatrix& pattern);
}  // namespace plain

}  // namespace featurescope
