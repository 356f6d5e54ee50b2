// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/dense_pass_torch.h"
#include "core/train/objective_torch.h"

namespace featurescope {

struct JumpReluSettings {
  double targetL0 = 1;
  double bandwidth = 0.001;  ///< ε, in the unit of pre-activations
};

/// JumpReLU SAEs (Rajamanoharan et al. 2024, "Jumping Ahead"), whose thresholds θ are learned by
/// their logarithms: f = z where z > θ, else 0. Loss: mean ‖x − x̂‖² + λ (l0/target − 1)², l0 the
/// mean number of active features of the batch. Its step functions reach θ through straight-through
/// estimators with the rectangle K = [|z − θ| < ε/2]: ∂f/∂θ = −(θ/ε) K, ∂[z > θ]/∂θ = −K/ε; they
/// do not reach z.
class JumpReluObjective final : public Objective {
 public:
  /// `parameters` must have a log_threshold.
  JumpReluObjective(std::int64_t tokens, const AutoencoderParameters& parameters,
                    const JumpReluSettings& settings, StepProducts products = {});

  StepLosses run(const AutoencoderParameters& parameters, const at::Tensor& x, double coefficient,
                 const at::Tensor& dead) override;
  [[nodiscard]] AutoencoderParameters& gradients() override { return pass_.gradients(); }
  [[nodiscard]] const at::Tensor& activeTokens() const override { return pass_.activeTokens(); }
  [[nodiscard]] const at::Tensor& tokenErrors() const override { return pass_.tokenErrors(); }

  [[nodiscard]] TrainedAutoencoder trained(const AutoencoderParameters& parameters) const override;
  [[nodiscard]] std::string formula() const override;

 private:
  DensePass pass_;
  JumpReluSettings settings_;
};

}  // namespace featurescope
