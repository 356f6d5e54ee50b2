// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/objective_torch.h"
#include "core/train/sparse_step_torch.h"
#include "core/train/step_costs.h"
#include "core/train/step_products_torch.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>

namespace featurescope {

/// The paper's loss L = mean ‖x − x̂‖² + β · mean ‖f‖₁ of a standard SAE and its gradients, written
/// out: with f = ReLU((x − b_dec) W_enc + b_enc), x̂ = f W_dec + b_dec and T tokens,
///   g = 2/T (x̂ − x),  p = (g W_decᵀ + β/T) where f > 0, else 0,
///   ∂W_dec = fᵀ g,  ∂W_enc = (x − b_dec)ᵀ p,  ∂b_enc = Σ p,  ∂b_dec = Σ g − W_enc Σ p.
/// Batches with few active features go through sparse products where SparseStep supports them.
/// Holds its working memory, so that a step allocates no [tokens, M] or [d, M].
class SaeStep final : public Objective {
 public:
  /// For batches of `tokens` rows and parameters of this shape, type and device.
  SaeStep(std::int64_t tokens, const AutoencoderParameters& parameters,
          const StepThresholds& thresholds = {}, StepProducts products = {});

  StepLosses run(const AutoencoderParameters& parameters, const at::Tensor& x, double l1Coefficient,
                 const at::Tensor& dead) override;

  [[nodiscard]] AutoencoderParameters& gradients() override { return gradients_; }
  [[nodiscard]] const at::Tensor& activeTokens() const override { return activeTokens_; }
  [[nodiscard]] const at::Tensor& tokenErrors() const override { return tokenErrors_; }

  [[nodiscard]] std::optional<RoundedCopy> roundedEncoder() override;
  void parametersChanged() override;

  [[nodiscard]] TrainedAutoencoder trained(const AutoencoderParameters& parameters) const override;
  [[nodiscard]] std::string formula() const override;

  [[nodiscard]] SavedState save() const override;
  void restore(const SavedState& state) override;

 private:
  /// f of centred_, in sparse_ (true) or features_ (false).
  bool encode(const AutoencoderParameters& parameters);
  void propagateDensely(const AutoencoderParameters& parameters, const at::Tensor& g,
                        double sparsity);

  std::int64_t tokens_;
  StepProducts products_;
  AutoencoderParameters gradients_;
  at::Tensor centred_;             ///< x − b_dec [tokens, d]
  at::Tensor features_, scratch_;  ///< [tokens, M]
  at::Tensor residual_;            ///< x̂ − x, then g [tokens, d]
  at::Tensor activeTokens_, tokenErrors_;
  std::optional<SparseStep> sparse_;  ///< where the kernels can take part
};

}  // namespace featurescope
