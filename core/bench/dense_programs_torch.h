// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/autoencoder_torch.h"

#include <ATen/ATen.h>

#include <vector>

namespace featurescope {

/// torch::optim::Adam: its composition of whole-tensor operators (Kingma and Ba).
class ComposedAdam {
 public:
  ComposedAdam(double learningRate, std::vector<at::Tensor> parameters);
  void step(const std::vector<at::Tensor>& gradients);

 private:
  double learningRate_;
  std::vector<at::Tensor> parameters_, first_, second_;
  int steps_ = 0;
};

/// LibTorch's fused Adam: one pass over parameters, gradients and moments.
class FusedAdam {
 public:
  FusedAdam(double learningRate, std::vector<at::Tensor> parameters);
  void step(const std::vector<at::Tensor>& gradients);

 private:
  double learningRate_;
  std::vector<at::Tensor> parameters_, first_, second_, steps_;
};

/// A training step of a standard SAE as a PyTorch program has it: the paper's loss by autograd,
/// whole matrices, then `Optimiser` and W_dec's rows back to unit norm.
template <class Optimiser>
class DenseProgram {
 public:
  /// Takes copies of the parameters. `products`: the type in which matrices are multiplied.
  DenseProgram(const AutoencoderParameters& parameters, double learningRate,
               at::ScalarType products = at::kFloat);

  /// The loss before the update.
  double step(const at::Tensor& x, double l1Coefficient);
  /// The update alone, by the gradients of the last step.
  void update();
  /// W_enc, W_dec, b_enc, b_dec
  [[nodiscard]] const std::vector<at::Tensor>& parameters() const { return parameters_; }

 private:
  std::vector<at::Tensor> gradients_;
  std::vector<at::Tensor> parameters_;
  Optimiser optimiser_;
  at::ScalarType products_;
};

extern template class DenseProgram<ComposedAdam>;
extern template class DenseProgram<FusedAdam>;

}  // namespace featurescope
