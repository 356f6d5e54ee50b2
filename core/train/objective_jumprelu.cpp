// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/objective_jumprelu_torch.h"

namespace featurescope {

JumpReluObjective::JumpReluObjective(std::int64_t tokens, const AutoencoderParameters& parameters,
                                     const JumpReluSettings& settings, StepProducts products)
    : pass_(tokens, parameters, products), settings_(settings) {}

StepLosses JumpReluObjective::run(const AutoencoderParameters& parameters, const at::Tensor& x,
                                  double coefficient, const at::Tensor& /*dead*/) {
  const at::Tensor threshold = parameters.log_threshold.exp();
  at::Tensor& z = pass_.project(parameters, x).add_(parameters.b_enc);
  const at::Tensor nearThreshold = (z - threshold).abs_().lt_(settings_.bandwidth / 2);
  z.masked_fill_(z.le(threshold), 0);
  const at::Tensor& f = z;

  StepLosses losses;
  losses.l1 = meanRowSum(f);
  losses.reconstruction = pass_.reconstruct(parameters, x, f);
  const double l0 =
      pass_.activeTokens().sum(at::kDouble).item<double>() / static_cast<double>(pass_.tokens());
  const double excess = l0 / settings_.targetL0 - 1;
  losses.sparsity = excess * excess;

  at::Tensor& p = pass_.decoderGradients(parameters, f);
  // By l0 at one token, the same for all.
  const double byStep =
      coefficient * 2 * excess / (settings_.targetL0 * static_cast<double>(pass_.tokens()));
  // −1/ε Σ K (θ ∂f + ∂l0), then θ once more: the parameter is log θ.
  at::Tensor& gradient = pass_.gradients().log_threshold;
  at::sum_out(gradient, (p * nearThreshold), {0});
  gradient.mul_(threshold).add_(nearThreshold.sum(0), byStep);
  gradient.mul_(threshold).mul_(-1 / settings_.bandwidth);

  at::threshold_backward_out(p, p, f, 0);
  pass_.encoderGradients(parameters, p);
  return losses;
}

TrainedAutoencoder JumpReluObjective::trained(const AutoencoderParameters& parameters) const {
  TrainedAutoencoder result{parameters, {Architecture::JumpRelu, 0}};
  result.parameters.threshold = parameters.log_threshold.exp();
  result.parameters.log_threshold = at::Tensor();
  return result;
}

std::string JumpReluObjective::formula() const {
  return "mean over tokens of the squared error summed over dimensions + l1_coeff · "
         "(l0 / target_l0 − 1)²";
}

}  // namespace featurescope
