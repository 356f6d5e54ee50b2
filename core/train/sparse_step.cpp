// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/sparse_products.h"
#include "core/train/sparse_step_torch.h"

#include <numeric>
#include <span>

namespace featurescope {

namespace {

// Constants, not measured at the start of a run: the choice decides the order of float32's sums,
// and a run must end in the same bits wherever it was interrupted.

/// Sparse products reach 15 to 40 % of the arithmetic that dense ones do.
constexpr double kSparseBelow = 0.15;
/// Screening saves most of a dense float32 product and computes each candidate again.
constexpr double kScreenBelow = 0.08;
/// What the error bound of screening is proven for.
constexpr std::int64_t kWidestScreened = 1 << 16;

MatrixView<float> viewOf(at::Tensor& matrix) {
  return {matrix.mutable_data_ptr<float>(), matrix.size(0), matrix.size(1)};
}

MatrixView<const float> viewOf(const at::Tensor& matrix) {
  return {matrix.const_data_ptr<float>(), matrix.size(0), matrix.size(1)};
}

/// at::BFloat16 is the upper half of a float32's bits.
MatrixView<std::uint16_t> bitsOf(at::Tensor& matrix) {
  return {static_cast<std::uint16_t*>(matrix.mutable_data_ptr()), matrix.size(0), matrix.size(1)};
}

std::span<const float> spanOf(const at::Tensor& vector) {
  return {vector.const_data_ptr<float>(), static_cast<std::size_t>(vector.size(0))};
}

std::span<float> spanOf(at::Tensor& vector) {
  return {vector.mutable_data_ptr<float>(), static_cast<std::size_t>(vector.size(0))};
}

bool isPlainFloat(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

}  // namespace

bool SparseStep::supports(const AutoencoderParameters& parameters) {
  return isPlainFloat(parameters.W_enc.t()) && isPlainFloat(parameters.W_dec) &&
         isPlainFloat(parameters.b_enc) && isPlainFloat(parameters.b_dec);
}

SparseStep::SparseStep(std::int64_t tokens, const AutoencoderParameters& parameters)
    : tokens_(tokens), features_(parameters.features()), counts_(static_cast<std::size_t>(tokens)) {
  if (!multipliesBfloat16() || parameters.width() > kWidestScreened) return;
  roundedTokens_ = at::empty({tokens, parameters.width()}, at::kBFloat16);
  roundedFeatures_ = at::empty({features_, parameters.width()}, at::kBFloat16);
  roundedProduct_ = at::empty({tokens, features_}, at::kBFloat16);
}

bool SparseStep::encode(const AutoencoderParameters& parameters, const at::Tensor& centred,
                        at::Tensor& z) {
  const bool isSparse =
      (screens_ && encodeScreened(parameters, centred)) || encodeWhole(parameters, centred, z);
  screens_ = isSparse && roundedProduct_.defined() && density(byToken_.nonZeros()) < kScreenBelow;
  return isSparse;
}

bool SparseStep::encodeScreened(const AutoencoderParameters& parameters,
                                const at::Tensor& centred) {
  const at::Tensor features = parameters.W_enc.t();
  roundRows(viewOf(centred), bitsOf(roundedTokens_), tokenBounds_);
  roundRows(viewOf(features), bitsOf(roundedFeatures_), featureBounds_);
  at::mm_out(roundedProduct_, roundedTokens_, roundedFeatures_.t());
  const Screen screen{bitsOf(roundedProduct_), tokenBounds_, featureBounds_,
                      spanOf(parameters.b_enc), centred.size(1)};
  countCandidates(screen, counts_);
  if (density(std::reduce(counts_.begin(), counts_.end())) >= kSparseBelow) return false;
  candidates(screen, counts_, byToken_);
  transpose(byToken_, byFeature_);
  sampledProducts(byFeature_, viewOf(features), viewOf(centred), spanOf(parameters.b_enc),
                  byFeature_.values);
  keepPositive(byFeature_);
  transpose(byFeature_, byToken_);
  return true;
}

bool SparseStep::encodeWhole(const AutoencoderParameters& parameters, const at::Tensor& centred,
                             at::Tensor& z) {
  at::mm_out(z, centred, parameters.W_enc);
  const MatrixView<const float> products = viewOf(z);
  countActive(products, spanOf(parameters.b_enc), counts_);
  if (density(std::reduce(counts_.begin(), counts_.end())) >= kSparseBelow) return false;
  activeEntries(products, spanOf(parameters.b_enc), counts_, byToken_);
  transpose(byToken_, byFeature_);
  return true;
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
