// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/sae_step_torch.h"

namespace featurescope {

SaeStep::SaeStep(std::int64_t tokens, const AutoencoderParameters& parameters,
                 const StepThresholds& thresholds, StepProducts products)
    : tokens_(tokens),
      products_(products),
      gradients_{at::empty_like(parameters.W_enc), at::empty_like(parameters.W_dec),
                 at::empty_like(parameters.b_enc), at::empty_like(parameters.b_dec)} {
  const at::TensorOptions options = parameters.W_enc.options();
  centred_ = at::empty({tokens, parameters.width()}, options);
  residual_ = at::empty({tokens, parameters.width()}, options);
  features_ = at::empty({tokens, parameters.features()}, options);
  scratch_ = at::empty({tokens, parameters.features()}, options);
  activeTokens_ = at::zeros({parameters.features()}, options);
  if (SparseStep::supports(parameters)) sparse_.emplace(tokens, parameters, thresholds);
}

StepLosses SaeStep::run(const AutoencoderParameters& parameters, const at::Tensor& x,
                        double l1Coefficient, const at::Tensor& /*dead*/) {
  const auto tokens = static_cast<double>(tokens_);
  at::sub_out(centred_, x, parameters.b_dec);
  const bool isSparse = encode(parameters);
  at::Tensor denseSum;  // of features_, where they are what there is
  if (isSparse) {
    sparse_->decode(parameters, residual_);
  } else {
    denseSum = features_.sum(0).sum(at::kDouble);
    products_.multiplyInto(residual_, features_, parameters.W_dec);
    residual_.add_(parameters.b_dec);
  }
  residual_.sub_(x);
  tokenErrors_ = at::linalg_vector_norm(residual_, 2, 1).to(at::kDouble).square_();

  at::Tensor& g = residual_.mul_(2.0 / tokens);
  if (isSparse) {
    sparse_->propagate(parameters, centred_, g, l1Coefficient / tokens, gradients_);
  } else {
    propagateDensely(parameters, g, l1Coefficient / tokens);
  }
  at::sum_out(gradients_.b_dec, g, {0});
  gradients_.b_dec.sub_(parameters.W_enc.mv(gradients_.b_enc));

  // Last: a GPU then has work while the figures are waited for.
  StepLosses losses;
  losses.reconstruction = tokenErrors_.sum().item<double>() / tokens;
  losses.l1 = (isSparse ? sparse_->activationSum() : denseSum.item<double>()) / tokens;
  losses.sparsity = losses.l1;
  return losses;
}

bool SaeStep::encode(const AutoencoderParameters& parameters) {
  if (sparse_) {
    if (sparse_->encode(parameters, centred_, features_)) {
      activeTokens_.copy_(sparse_->activeTokens());
      return true;
    }
  } else {
    products_.multiplyInto(features_, centred_, parameters.W_enc);
  }
  features_.add_(parameters.b_enc).relu_();
  // Sums of 0 and 1 are exact in float up to 2²⁴ tokens.
  at::sign_out(scratch_, features_);
  at::sum_out(activeTokens_, scratch_, {0});
  return false;
}

void SaeStep::propagateDensely(const AutoencoderParameters& parameters, const at::Tensor& g,
                               double sparsity) {
  products_.multiplyInto(gradients_.W_dec, features_.t(), g);
  products_.multiplyInto(scratch_, g, parameters.W_dec.t());
  at::Tensor p = scratch_.add_(sparsity);
  at::threshold_backward_out(p, scratch_, features_, 0);
  products_.multiplyInto(gradients_.W_enc, centred_.t(), p);
  at::sum_out(gradients_.b_enc, p, {0});
}

std::optional<RoundedCopy> SaeStep::roundedEncoder() {
  return sparse_ ? sparse_->roundedEncoder() : std::nullopt;
}

void SaeStep::parametersChanged() {
  if (sparse_) sparse_->parametersChanged();
}

SavedState SaeStep::save() const {
  SavedState state;
  state.values["screens"] = sparse_ && sparse_->screens();
  return state;
}

void SaeStep::restore(const SavedState& state) {
  parametersChanged();
  if (sparse_) sparse_->setScreens(state.value<bool>("screens"));
}

TrainedAutoencoder SaeStep::trained(const AutoencoderParameters& parameters) const {
  return {parameters, {}};
}

std::string SaeStep::formula() const {
  return "mean over tokens of the squared error summed over dimensions + l1_coeff · "
         "mean over tokens of the sum of features";
}

}  // namespace featurescope
