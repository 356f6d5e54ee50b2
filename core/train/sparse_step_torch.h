// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kernels/sparse_matrix.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/screened_encoder_torch.h"
#include "core/train/step_costs.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace featurescope {

/// SaeStep's products where few features are active, on the CPU in float32. Four of a step's five
/// products have the support of f; the fifth, the encoder's, is screened in bfloat16 where the
/// machine is fast at that: float32's results, but for the order of float32's sums.
/// Holds f between encode() and propagate().
class SparseStep {
 public:
  /// Whether the parameters are where and how the kernels want them: W_enc a transposed view of
  /// [M, d].
  [[nodiscard]] static bool supports(const AutoencoderParameters& parameters);

  /// For batches of `tokens` rows.
  SparseStep(std::int64_t tokens, const AutoencoderParameters& parameters,
             const StepThresholds& thresholds);

  /// f of centred = x − b_dec [tokens, d]. Where f is too dense for sparse products to pay, returns
  /// false, and `z` [tokens, M] holds centred · W_enc; else z's content is undefined.
  bool encode(const AutoencoderParameters& parameters, const at::Tensor& centred, at::Tensor& z);

  /// [M] float32: on how many tokens each feature is active.
  [[nodiscard]] at::Tensor activeTokens() const;
  /// Σ f over all tokens.
  [[nodiscard]] double activationSum() const;
  /// x̂ [tokens, d] = f W_dec + b_dec
  void decode(const AutoencoderParameters& parameters, at::Tensor& decoded) const;
  /// The gradients but for b_dec's, of g [tokens, d] = ∂L/∂x̂ and `sparsity` = ∂L/∂f where f > 0.
  /// f is gone afterwards.
  void propagate(const AutoencoderParameters& parameters, const at::Tensor& centred,
                 const at::Tensor& g, double sparsity, AutoencoderParameters& gradients);

  /// Objective's, where the next batch is screened.
  [[nodiscard]] std::optional<RoundedCopy> roundedEncoder();
  void parametersChanged() { encoderIsRounded_ = false; }

  /// Whether the next batch is screened: f of the last was sparse enough. Part of a run's state,
  /// since it decides the order of the sums.
  [[nodiscard]] bool screens() const { return screens_; }
  void setScreens(bool screens) { screens_ = screens; }

 private:
  bool encodeScreened(const AutoencoderParameters& parameters, const at::Tensor& centred);
  bool encodeWhole(const AutoencoderParameters& parameters, const at::Tensor& centred,
                   at::Tensor& z);
  [[nodiscard]] double density(std::int64_t entries) const;

  std::int64_t tokens_, features_;
  StepThresholds thresholds_;
  bool screens_ = false;
  bool encoderIsRounded_ = false;            ///< screened_ has the columns as they are
  std::vector<std::int64_t> counts_;         ///< of each token's entries or candidates
  SparseMatrix byToken_, byFeature_;         ///< f twice; propagate() leaves p by feature
  std::optional<ScreenedEncoder> screened_;  ///< where it pays
};

}  // namespace featurescope
