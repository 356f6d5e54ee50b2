// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/autoencoder_torch.h"
#include "core/train/step_products_torch.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace featurescope {

/// What all architectures' steps share: the products with W_enc and W_dec, forward and backward,
/// over whole [tokens, M] matrices, which it holds. An objective calls, in this order, project(),
/// then reconstruct() with the features that it made of it, decoderGradients(), encoderGradients().
class DensePass {
 public:
  /// For batches of `tokens` rows and parameters of this shape, type and device.
  DensePass(std::int64_t tokens, const AutoencoderParameters& parameters,
            StepProducts products = {});

  /// (x − b_dec) W_enc [tokens, M], in a matrix that is the caller's until the next project().
  at::Tensor& project(const AutoencoderParameters& parameters, const at::Tensor& x);
  /// Of features f [tokens, M]: counts where they are > 0, computes x̂ − x. Returns mean ‖x − x̂‖².
  double reconstruct(const AutoencoderParameters& parameters, const at::Tensor& x,
                     const at::Tensor& f);
  /// ∂W_dec and ∂b_dec of mean ‖x − x̂‖². Returns ∂f [tokens, M], the caller's until the next call.
  at::Tensor& decoderGradients(const AutoencoderParameters& parameters, const at::Tensor& f);
  /// From p = ∂(x − b_dec) W_enc: ∂W_enc, ∂b_enc = Σ p, and what reaches b_dec through the encoder.
  void encoderGradients(const AutoencoderParameters& parameters, const at::Tensor& p);

  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  [[nodiscard]] const StepProducts& products() const { return products_; }
  /// x̂ − x of the last reconstruct(); after decoderGradients() times 2 / tokens.
  [[nodiscard]] const at::Tensor& residual() const { return residual_; }
  [[nodiscard]] AutoencoderParameters& gradients() { return gradients_; }
  [[nodiscard]] const at::Tensor& activeTokens() const { return activeTokens_; }
  [[nodiscard]] const at::Tensor& tokenErrors() const { return tokenErrors_; }

 private:
  std::int64_t tokens_;
  StepProducts products_;
  AutoencoderParameters gradients_;
  at::Tensor centred_, residual_;   ///< [tokens, d]
  at::Tensor projected_, scratch_;  ///< [tokens, M]
  at::Tensor activeTokens_, tokenErrors_;
};

/// Σ of all entries / rows of f, in float64.
[[nodiscard]] double meanRowSum(const at::Tensor& f);

}  // namespace featurescope
