// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/screen.h"
#include "core/kernels/sparse_matrix.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// The encoder's product y = x W_enc [tokens, M] where few features are active: a product in
/// bfloat16, with a proven bound on its error (core/kernels/screen.cpp), tells which entries can
/// matter, and only those are computed in float32. On the CPU. Training, index, evaluation and
/// `encode` share it. Holds its working memory; one thread.
class ScreenedEncoder {
 public:
  /// Whether this machine is faster with it, and the bound is proven for SAEs of this width.
  [[nodiscard]] static bool pays(std::int64_t width);

  /// For at most `tokens` rows at a time.
  ScreenedEncoder(std::int64_t tokens, std::int64_t features, std::int64_t width);

  /// Takes the encoder's columns as rows of `columns` [M, d], float32: rounds them. Again whenever
  /// they have changed.
  void setColumns(MatrixView<const float> columns);

  /// For who rounds the columns where they change, in setColumns()'s place. This encoder's memory.
  [[nodiscard]] RoundedCopy roundedColumns();

  /// Looks for the entries with y + offset > 0 (`offsets` [M]; +∞ lets a feature through on every
  /// token), for x [tokens, d] as it enters the product, float32. Returns how many entries may be
  /// among them: no such entry is missed, and few others are let through.
  std::int64_t screen(const at::Tensor& x, std::span<const float> offsets);

  /// Those entries by feature, [M, tokens], with their values y + bias in float32. After screen()
  /// with the same x, and setColumns() with the same columns; `biases` [M].
  void products(MatrixView<const float> columns, const at::Tensor& x, std::span<const float> biases,
                SparseMatrix& byFeature);

 private:
  at::Tensor tokens_, columns_, product_;  ///< bfloat16 [tokens, d], [M, d], [tokens, M]
  RoundedRows tokenBounds_, columnBounds_;
  std::vector<std::int64_t> counts_;  ///< candidates of each token
  std::vector<float> offsets_;        ///< of the last screen()
  SparseMatrix candidates_;
};

}  // namespace featurescope
