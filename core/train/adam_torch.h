// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/adam_rows.h"
#include "core/train/saved_state_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace featurescope {

struct AdamOptions {
  double learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

/// Adam as torch.optim.Adam computes it (Kingma and Ba; bias-corrected moments, epsilon outside the
/// root), in one pass over parameters, gradients and moments.
class Adam {
 public:
  Adam(AdamOptions options, std::vector<at::Tensor> parameters);

  /// Moves the parameters in place. `gradients` in the order of the parameters, of their shapes;
  /// one that is projected may be changed. `after` in the same order; where there are fewer,
  /// nothing is done. A rounded copy is of the rows that lie together in memory, float32 on the
  /// CPU.
  void step(const std::vector<at::Tensor>& gradients, const std::vector<AfterStep>& after = {});

  /// The rate of the steps to come.
  void setLearningRate(double rate) { options_.learningRate = rate; }
  [[nodiscard]] const AdamOptions& options() const { return options_; }

  /// Sets to 0 both moments of the entries of a parameter (by its place in the order) that have an
  /// index in `ids` (int64) along `dimension`.
  void forget(std::size_t parameter, std::int64_t dimension, const at::Tensor& ids);

  /// Moments and the number of steps; the parameters are their owner's to save.
  [[nodiscard]] SavedState save() const;
  void restore(const SavedState& state);

 private:
  [[nodiscard]] std::int64_t stepsDone() const;
  void stepByRows(const std::vector<at::Tensor>& gradients, const std::vector<AfterStep>& after);
  void stepWhole(std::vector<at::Tensor>& gradients, const std::vector<AfterStep>& after);

  AdamOptions options_;
  std::vector<at::Tensor> parameters_, firstMoments_, secondMoments_, steps_;
};

}  // namespace featurescope
