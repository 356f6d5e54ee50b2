// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/scaled_code_torch.h"
#include "core/kernels/sparse_products.h"
#include "core/sae/views_torch.h"

#include <numeric>

namespace featurescope {

namespace {

/// Share of active features from which on dense products are faster.
constexpr double kDense = 0.15;

}  // namespace

ScaledCode::ScaledCode(const Autoencoder& autoencoder, bool keepError)
    : autoencoder_(autoencoder), keepError_(keepError) {
  checkFineTunable(autoencoder.info());
}

at::Tensor ScaledCode::decoded(const at::Tensor& values, const at::Tensor& x,
                               SparseMatrix& active) const {
  active = {};
  const AutoencoderParameters& p = autoencoder_.parameters();
  const bool addsNothingElse =
      autoencoder_.info().normalisation == InputNormalisation::None && !p.W_skip.defined();
  if (addsNothingElse && isPlainFloat(values) && isPlainFloat(p.W_dec)) {
    const std::vector<float> none(static_cast<std::size_t>(values.size(1)));
    std::vector<std::int64_t> counts(static_cast<std::size_t>(values.size(0)));
    countActive(viewOf(values), none, counts);
    const std::int64_t entries = std::reduce(counts.begin(), counts.end());
    if (static_cast<double>(entries) < kDense * static_cast<double>(values.numel())) {
      activeEntries(viewOf(values), none, counts, active);
      at::Tensor output = at::empty({values.size(0), p.width()}, values.options());
      multiply(active, viewOf(p.W_dec), spanOf(p.b_dec), viewOf(output));
      return output;
    }
  }
  return autoencoder_.decode(values.relu(), x);
}

at::Tensor ScaledCode::forward(const at::Tensor& x, const at::Tensor& c, const at::Tensor& d) {
  z_ = autoencoder_.preActivations(x);
  values_ = (z_ * c).add_(d);
  outputScale_ = autoencoder_.outputScale(x);
  at::Tensor output = decoded(values_, x, active_);
  SparseMatrix unscaled;
  if (keepError_) output.add_(x - decoded(z_, x, unscaled));
  return output;
}

ScaledCode::Gradients ScaledCode::backward(const at::Tensor& outputGradient) const {
  const at::Tensor ofCode = (outputGradient * outputScale_).contiguous();
  if (active_.columns > 0) return sparseBackward(ofCode);
  const at::Tensor slope =
      ofCode.mm(autoencoder_.parameters().W_dec.t()).masked_fill_(values_.le(0), 0);
  return {.c = (slope * z_).sum(0), .d = slope.sum(0)};
}

ScaledCode::Gradients ScaledCode::sparseBackward(const at::Tensor& codeGradient) const {
  const std::vector<float> none(static_cast<std::size_t>(active_.rows()));
  std::vector<float> slopes(active_.values.size());
  const at::Tensor& rows = autoencoder_.parameters().W_dec;
  sampledProducts(active_, viewOf(codeGradient), viewOf(rows), none, slopes);
  at::Tensor ofC = at::zeros({active_.columns}, z_.options()), ofD = at::zeros_like(ofC);
  const MatrixView<const float> z = viewOf(z_);
  auto* c = ofC.mutable_data_ptr<float>();
  auto* d = ofD.mutable_data_ptr<float>();
  for (std::int64_t token = 0; token < active_.rows(); ++token) {
    for (std::int64_t i = active_.indptr[token]; i < active_.indptr[token + 1]; ++i) {
      const std::int32_t feature = active_.indices[i];
      c[feature] += slopes[i] * z.row(token)[feature];
      d[feature] += slopes[i];
    }
  }
  return {.c = std::move(ofC), .d = std::move(ofD)};
}

}  // namespace featurescope
