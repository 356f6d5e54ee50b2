// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/objective_topk_torch.h"

#include <algorithm>
#include <utility>

namespace featurescope {

namespace {

/// Of a step's smallest selected value, in the moving average that becomes the threshold.
constexpr double kThresholdWeight = 0.01;

}  // namespace

TopKObjective::TopKObjective(std::int64_t tokens, const AutoencoderParameters& parameters,
                             const TopKSettings& settings, StepProducts products)
    : pass_(tokens, parameters, products), settings_(settings) {
  settings_.k = std::min(settings_.k, parameters.features());
}

StepLosses TopKObjective::run(const AutoencoderParameters& parameters, const at::Tensor& x,
                              double /*coefficient*/, const at::Tensor& dead) {
  at::Tensor& z = pass_.project(parameters, x).add_(parameters.b_enc);
  at::Tensor deadFeatures, activations;
  if (settings_.auxiliaryCoefficient > 0) {
    deadFeatures = dead.nonzero().squeeze(1);
    activations = deadActivations(z, deadFeatures, parameters.width());
  }
  if (settings_.acrossBatch) {
    selectAcrossBatch(z);
  } else {
    selectOfTokens(z);
  }
  const at::Tensor& f = z;

  StepLosses losses;
  losses.l1 = meanRowSum(f);
  losses.reconstruction = pass_.reconstruct(parameters, x, f);
  Auxiliary auxiliary;
  if (activations.defined() && activations.numel() > 0) {
    auxiliary = reconstructError(parameters, std::move(deadFeatures), std::move(activations));
    losses.auxiliary = auxiliary.loss;
  }

  at::Tensor& p = pass_.decoderGradients(parameters, f);
  at::threshold_backward_out(p, p, f, 0);
  if (auxiliary.gradient.defined()) {
    const at::Tensor rows = parameters.W_dec.index_select(0, auxiliary.features);
    pass_.gradients().W_dec.index_add_(
        0, auxiliary.features,
        pass_.products().multiply(auxiliary.activations.t(), auxiliary.gradient));
    const at::Tensor through = pass_.products().multiply(auxiliary.gradient, rows.t());
    p.index_add_(1, auxiliary.features, at::threshold_backward(through, auxiliary.activations, 0));
  }
  pass_.encoderGradients(parameters, p);
  return losses;
}

/// The k largest of each token, as torch.topk chooses them.
void TopKObjective::selectOfTokens(at::Tensor& z) const {
  auto [values, indices] = z.topk(settings_.k, 1, /*largest=*/true, /*sorted=*/false);
  z.zero_().scatter_(1, indices, values.relu_());
}

void TopKObjective::selectAcrossBatch(at::Tensor& z) {
  const at::Tensor positive = z.masked_select(z.gt(0));
  const std::int64_t wanted = std::min(settings_.k * pass_.tokens(), positive.numel());
  if (wanted == 0) {
    z.zero_();
    return;
  }
  // kthvalue counts from the smallest.
  const auto smallest = std::get<0>(positive.kthvalue(positive.numel() - wanted + 1));
  z.masked_fill_(z.lt(smallest), 0);
  const auto selected = smallest.item<double>();
  threshold_ = threshold_ ? *threshold_ + kThresholdWeight * (selected - *threshold_) : selected;
}

/// ReLU of the min(d/2, dead) largest z of the dead features, 0 elsewhere [tokens, dead].
at::Tensor TopKObjective::deadActivations(const at::Tensor& z, const at::Tensor& dead,
                                          std::int64_t width) const {
  at::Tensor result = z.index_select(1, dead);
  const std::int64_t k = std::min(std::max<std::int64_t>(width / 2, 1), dead.size(0));
  if (k < dead.size(0)) {
    const auto [values, indices] = result.topk(k, 1, /*largest=*/true, /*sorted=*/false);
    result.zero_().scatter_(1, indices, values);
  }
  return result.relu_();
}

TopKObjective::Auxiliary TopKObjective::reconstructError(const AutoencoderParameters& parameters,
                                                         at::Tensor features,
                                                         at::Tensor activations) const {
  const double weight = settings_.auxiliaryCoefficient / static_cast<double>(pass_.tokens());
  Auxiliary result;
  // residual() is −e.
  result.gradient = pass_.products()
                        .multiply(activations, parameters.W_dec.index_select(0, features))
                        .add_(pass_.residual());
  result.loss =
      weight *
      at::linalg_vector_norm(result.gradient, 2, 1).to(at::kDouble).square_().sum().item<double>();
  result.gradient.mul_(2 * weight);
  result.features = std::move(features);
  result.activations = std::move(activations);
  return result;
}

TrainedAutoencoder TopKObjective::trained(const AutoencoderParameters& parameters) const {
  if (!settings_.acrossBatch) return {parameters, {Architecture::TopK, settings_.k}};
  TrainedAutoencoder result{parameters, {Architecture::JumpRelu, 0}};
  result.parameters.threshold = at::full_like(parameters.b_enc, threshold_.value_or(0));
  return result;
}

std::string TopKObjective::formula() const {
  return "mean over tokens of the squared error summed over dimensions + aux_coeff · the same of "
         "the dead features' reconstruction of that error, by the min(d/2, dead) of them that are "
         "largest at a token";
}

SavedState TopKObjective::save() const {
  SavedState state;
  if (threshold_) state.values["threshold"] = *threshold_;
  return state;
}

void TopKObjective::restore(const SavedState& state) {
  threshold_ = optionalMember<double>(state.values, "threshold", SavedState::kWhatFails);
}

}  // namespace featurescope
