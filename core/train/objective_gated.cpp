// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/objective_gated_torch.h"

namespace featurescope {

GatedObjective::GatedObjective(std::int64_t tokens, const AutoencoderParameters& parameters,
                               StepProducts products)
    : pass_(tokens, parameters, products) {}

StepLosses GatedObjective::run(const AutoencoderParameters& parameters, const at::Tensor& x,
                               double coefficient, const at::Tensor& /*dead*/) {
  const auto tokens = static_cast<double>(pass_.tokens());
  const at::Tensor scale = parameters.r_mag.exp();
  const at::Tensor& y = pass_.project(parameters, x);
  const at::Tensor gate = (y + parameters.b_enc).relu_();
  const at::Tensor f = (y * scale).add_(parameters.b_mag).relu_().masked_fill_(gate.eq(0), 0);

  StepLosses losses;
  losses.l1 = meanRowSum(f);
  losses.sparsity = meanRowSum(gate);
  losses.reconstruction = pass_.reconstruct(parameters, x, f);
  const StepProducts& products = pass_.products();
  at::Tensor byGate = products.multiply(gate, parameters.W_dec).add_(parameters.b_dec).sub_(x);
  losses.auxiliary =
      at::linalg_vector_norm(byGate, 2, 1).to(at::kDouble).square_().sum().item<double>() / tokens;

  at::Tensor& magnitude = pass_.decoderGradients(parameters, f);
  at::threshold_backward_out(magnitude, magnitude, f, 0);
  at::sum_out(pass_.gradients().b_mag, magnitude, {0});
  magnitude.mul_(scale);
  at::sum_out(pass_.gradients().r_mag, magnitude * y, {0});

  at::Tensor p = products.multiply(byGate.mul_(2 / tokens), parameters.W_dec.t());
  p.add_(coefficient / tokens);
  at::threshold_backward_out(p, p, gate, 0);
  const at::Tensor byGateBias = p.sum(0);
  pass_.encoderGradients(parameters, p.add_(magnitude));
  pass_.gradients().b_enc.copy_(byGateBias);
  return losses;
}

TrainedAutoencoder GatedObjective::trained(const AutoencoderParameters& parameters) const {
  return {parameters, {Architecture::Gated, 0}};
}

std::string GatedObjective::formula() const {
  return "mean over tokens of the squared error summed over dimensions + l1_coeff · "
         "mean over tokens of the sum of the gates' ReLU + mean over tokens of the squared error "
         "of the gates' ReLU decoded by a W_dec and b_dec taken as given";
}

}  // namespace featurescope
