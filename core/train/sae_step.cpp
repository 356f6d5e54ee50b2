// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/sae_step_torch.h"

namespace featurescope {

namespace {

/// A row of zeros has no direction: divided by this it stays what it is.
constexpr double kSmallestNorm = 1e-30;

}  // namespace

SaeStep::SaeStep(std::int64_t tokens, const AutoencoderParameters& parameters)
    : tokens_(tokens),
      gradients_{at::empty_like(parameters.W_enc), at::empty_like(parameters.W_dec),
                 at::empty_like(parameters.b_enc), at::empty_like(parameters.b_dec)} {
  const at::TensorOptions options = parameters.W_enc.options();
  centred_ = at::empty({tokens, parameters.width()}, options);
  residual_ = at::empty({tokens, parameters.width()}, options);
  features_ = at::empty({tokens, parameters.features()}, options);
  scratch_ = at::empty({tokens, parameters.features()}, options);
}

StepLosses SaeStep::run(const AutoencoderParameters& parameters, const at::Tensor& x,
                        double l1Coefficient, const at::Tensor& /*dead*/) {
  const auto tokens = static_cast<double>(tokens_);
  encode(parameters, x);
  StepLosses losses;
  losses.l1 = features_.sum(0).sum(at::kDouble).item<double>() / tokens;
  losses.sparsity = losses.l1;
  at::mm_out(residual_, features_, parameters.W_dec);
  residual_.add_(parameters.b_dec).sub_(x);
  tokenErrors_ = at::linalg_vector_norm(residual_, 2, 1).to(at::kDouble).square_();
  losses.reconstruction = tokenErrors_.sum().item<double>() / tokens;
  propagate(parameters, l1Coefficient);
  return losses;
}

void SaeStep::encode(const AutoencoderParameters& parameters, const at::Tensor& x) {
  at::sub_out(centred_, x, parameters.b_dec);
  at::mm_out(features_, centred_, parameters.W_enc);
  features_.add_(parameters.b_enc).relu_();
  // Sums of 0 and 1 are exact in float up to 2²⁴ tokens.
  at::sign_out(scratch_, features_);
  activeTokens_ = scratch_.sum(0);
}

void SaeStep::propagate(const AutoencoderParameters& parameters, double l1Coefficient) {
  const auto tokens = static_cast<double>(tokens_);
  at::Tensor& g = residual_.mul_(2.0 / tokens);
  at::mm_out(gradients_.W_dec, features_.t(), g);

  at::mm_out(scratch_, g, parameters.W_dec.t());
  at::Tensor p = scratch_.add_(l1Coefficient / tokens);
  at::threshold_backward_out(p, scratch_, features_, 0);
  at::mm_out(gradients_.W_enc, centred_.t(), p);
  at::sum_out(gradients_.b_enc, p, {0});
  at::sum_out(gradients_.b_dec, g, {0});
  gradients_.b_dec.sub_(parameters.W_enc.mv(gradients_.b_enc));
}

TrainedAutoencoder SaeStep::trained(const AutoencoderParameters& parameters) const {
  return {parameters, {}};
}

std::string SaeStep::formula() const {
  return "mean over tokens of the squared error summed over dimensions + l1_coeff · "
         "mean over tokens of the sum of features";
}

void removeParallelComponent(at::Tensor& gradient, const at::Tensor& W_dec) {
  const auto dot = [](const at::Tensor& a, const at::Tensor& b) {  // by rows, without a·b in memory
    return a.unsqueeze(1).bmm(b.unsqueeze(2)).squeeze(2);
  };
  // The first step may see rows of any norm (--init).
  const at::Tensor squaredNorm = dot(W_dec, W_dec).clamp_min_(kSmallestNorm);
  gradient.addcmul_(dot(gradient, W_dec) / squaredNorm, W_dec, -1);
}

void normaliseRows(at::Tensor& W_dec) {
  W_dec.div_(at::linalg_vector_norm(W_dec, 2, 1, /*keepdim=*/true).clamp_min_(kSmallestNorm));
}

}  // namespace featurescope
