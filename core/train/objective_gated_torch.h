// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/dense_pass_torch.h"
#include "core/train/objective_torch.h"

namespace featurescope {

/// Gated SAEs (Rajamanoharan et al. 2024, "Improving Dictionary Learning with Gated Sparse
/// Autoencoders"). With y = (x − b_dec) W_enc: gate π = y + b_enc, magnitude e^r_mag ⊙ y + b_mag,
/// f = ReLU(magnitude) where π > 0, else 0. Loss: mean ‖x − x̂‖² + β · mean ‖ReLU(π)‖₁
/// + mean ‖x − (ReLU(π) W_dec + b_dec)‖², where the last term's W_dec and b_dec are taken as given.
class GatedObjective final : public Objective {
 public:
  /// `parameters` must have r_mag and b_mag.
  GatedObjective(std::int64_t tokens, const AutoencoderParameters& parameters,
                 StepProducts products = {});

  StepLosses run(const AutoencoderParameters& parameters, const at::Tensor& x, double coefficient,
                 const at::Tensor& dead) override;
  [[nodiscard]] AutoencoderParameters& gradients() override { return pass_.gradients(); }
  [[nodiscard]] const at::Tensor& activeTokens() const override { return pass_.activeTokens(); }
  [[nodiscard]] const at::Tensor& tokenErrors() const override { return pass_.tokenErrors(); }

  [[nodiscard]] TrainedAutoencoder trained(const AutoencoderParameters& parameters) const override;
  [[nodiscard]] std::string formula() const override;

 private:
  DensePass pass_;
};

}  // namespace featurescope
