// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/scaled_code_torch.h"

namespace featurescope {

ScaledCode::ScaledCode(const Autoencoder& autoencoder, bool keepError)
    : autoencoder_(autoencoder), keepError_(keepError) {
  checkFineTunable(autoencoder.info());
}

at::Tensor ScaledCode::forward(const at::Tensor& x, const at::Tensor& c, const at::Tensor& d) {
  z_ = autoencoder_.preActivations(x);
  f_ = (z_ * c).add_(d).relu_();
  outputScale_ = autoencoder_.outputScale(x);
  at::Tensor output = autoencoder_.decode(f_, x);
  if (keepError_) output.add_(x - autoencoder_.decode(z_.relu(), x));
  return output;
}

ScaledCode::Gradients ScaledCode::backward(const at::Tensor& outputGradient) const {
  const at::Tensor slope = (outputGradient * outputScale_)
                               .mm(autoencoder_.parameters().W_dec.t())
                               .masked_fill_(f_.le(0), 0);
  return {.c = (slope * z_).sum(0), .d = slope.sum(0)};
}

}  // namespace featurescope
