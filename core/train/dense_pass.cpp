// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/dense_pass_torch.h"

namespace featurescope {

DensePass::DensePass(std::int64_t tokens, const AutoencoderParameters& parameters,
                     StepProducts products)
    : tokens_(tokens), products_(products), gradients_(parameters) {
  for (const auto& [name, gradient] : gradients_.named()) *gradient = at::empty_like(*gradient);
  const at::TensorOptions options = parameters.W_enc.options();
  centred_ = at::empty({tokens, parameters.width()}, options);
  residual_ = at::empty({tokens, parameters.width()}, options);
  projected_ = at::empty({tokens, parameters.features()}, options);
  scratch_ = at::empty({tokens, parameters.features()}, options);
  activeTokens_ = at::zeros({parameters.features()}, options);
  tokenErrors_ = at::zeros({tokens}, options.dtype(at::kDouble));
}

at::Tensor& DensePass::project(const AutoencoderParameters& parameters, const at::Tensor& x) {
  at::sub_out(centred_, x, parameters.b_dec);
  products_.multiplyInto(projected_, centred_, parameters.W_enc);
  return projected_;
}

double DensePass::reconstruct(const AutoencoderParameters& parameters, const at::Tensor& x,
                              const at::Tensor& f) {
  // Sums of 0 and 1 are exact in float up to 2²⁴ tokens.
  at::sign_out(scratch_, f);
  at::sum_out(activeTokens_, scratch_, {0});
  products_.multiplyInto(residual_, f, parameters.W_dec);
  residual_.add_(parameters.b_dec).sub_(x);
  tokenErrors_.copy_(at::linalg_vector_norm(residual_, 2, 1)).square_();
  return tokenErrors_.sum().item<double>() / static_cast<double>(tokens_);
}

at::Tensor& DensePass::decoderGradients(const AutoencoderParameters& parameters,
                                        const at::Tensor& f) {
  residual_.mul_(2.0 / static_cast<double>(tokens_));
  products_.multiplyInto(gradients_.W_dec, f.t(), residual_);
  at::sum_out(gradients_.b_dec, residual_, {0});
  products_.multiplyInto(scratch_, residual_, parameters.W_dec.t());
  return scratch_;
}

void DensePass::encoderGradients(const AutoencoderParameters& parameters, const at::Tensor& p) {
  products_.multiplyInto(gradients_.W_enc, centred_.t(), p);
  at::sum_out(gradients_.b_enc, p, {0});
  gradients_.b_dec.sub_(parameters.W_enc.mv(gradients_.b_enc));
}

double meanRowSum(const at::Tensor& f) {
  return f.sum(0).sum(at::kDouble).item<double>() / static_cast<double>(f.size(0));
}

}  // namespace featurescope
