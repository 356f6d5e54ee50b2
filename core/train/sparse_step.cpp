// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_products.h"
#include "core/lm/linear_torch.h"
#include "core/sae/views_torch.h"
#include "core/train/sparse_step_torch.h"

#include <numeric>
#include <span>
#include <utility>

namespace featurescope {

bool SparseStep::supports(const AutoencoderParameters& parameters) {
  return isPlainFloat(parameters.W_enc.t()) && isPlainFloat(parameters.W_dec) &&
         isPlainFloat(parameters.b_enc) && isPlainFloat(parameters.b_dec);
}

SparseStep::SparseStep(std::int64_t tokens, const AutoencoderParameters& parameters,
                       const StepThresholds& thresholds)
    : tokens_(tokens),
      features_(parameters.features()),
      thresholds_(thresholds),
      counts_(static_cast<std::size_t>(tokens)) {
  if (!ScreenedEncoder::pays(parameters.width())) return;
  screened_.emplace(tokens, features_, parameters.width());
}

bool SparseStep::encode(const AutoencoderParameters& parameters, const at::Tensor& centred,
                        at::Tensor& z) {
  const bool isSparse =
      (screens_ && encodeScreened(parameters, centred)) || encodeWhole(parameters, centred, z);
  screens_ = isSparse && screened_ && density(byToken_.nonZeros()) < thresholds_.screenBelow;
  return isSparse;
}

bool SparseStep::encodeScreened(const AutoencoderParameters& parameters,
                                const at::Tensor& centred) {
  const at::Tensor columns = parameters.W_enc.t();
  const std::span<const float> biases = spanOf(parameters.b_enc);
  if (!std::exchange(encoderIsRounded_, false)) screened_->setColumns(viewOf(columns));
  if (density(screened_->screen(centred, biases)) >= thresholds_.sparseBelow) return false;
  screened_->products(viewOf(columns), centred, biases, byFeature_);
  keepPositive(byFeature_);
  transpose(byFeature_, byToken_);
  return true;
}

bool SparseStep::encodeWhole(const AutoencoderParameters& parameters, const at::Tensor& centred,
                             at::Tensor& z) {
  multiplyInto(z, centred, parameters.W_enc);
  const MatrixView<const float> products = viewOf(z);
  countActive(products, spanOf(parameters.b_enc), counts_);
  if (density(std::reduce(counts_.begin(), counts_.end())) >= thresholds_.sparseBelow) return false;
  activeEntries(products, spanOf(parameters.b_enc), counts_, byToken_);
  transpose(byToken_, byFeature_);
  return true;
}

std::optional<RoundedCopy> SparseStep::roundedEncoder() {
  encoderIsRounded_ = screens_;
  return screens_ ? std::optional(screened_->roundedColumns()) : std::nullopt;
}

double SparseStep::density(std::int64_t entries) const {
  return static_cast<double>(entries) / static_cast<double>(tokens_ * features_);
}

at::Tensor SparseStep::activeTokens() const {
  at::Tensor counts = at::empty({features_}, at::kFloat);
  const std::span<float> ofFeatures = spanOf(counts);
  for (std::int64_t m = 0; m < features_; ++m) {
    ofFeatures[m] = static_cast<float>(byFeature_.indptr[m + 1] - byFeature_.indptr[m]);
  }
  return counts;
}

double SparseStep::activationSum() const {
  return std::reduce(byToken_.values.begin(), byToken_.values.end(), 0.0);
}

void SparseStep::decode(const AutoencoderParameters& parameters, at::Tensor& decoded) const {
  multiply(byToken_, viewOf(parameters.W_dec), spanOf(parameters.b_dec), viewOf(decoded));
}

void SparseStep::propagate(const AutoencoderParameters& parameters, const at::Tensor& centred,
                           const at::Tensor& g, double sparsity, AutoencoderParameters& gradients) {
  multiply(byFeature_, viewOf(g), {}, viewOf(gradients.W_dec));
  const std::vector<float> offsets(static_cast<std::size_t>(features_),
                                   static_cast<float>(sparsity));
  sampledProducts(byFeature_, viewOf(parameters.W_dec), viewOf(g), offsets, byFeature_.values);
  at::Tensor byFeature = gradients.W_enc.t();
  multiply(byFeature_, viewOf(centred), {}, viewOf(byFeature));
  rowSums(byFeature_, spanOf(gradients.b_enc));
}

}  // namespace featurescope
