// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/finite_torch.h"
#include "core/sae/stored_parameters_torch.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace featurescope {

namespace {

/// As float32 on `device`, in memory of our own: a file that shrinks under a mapping would kill the
/// program.
void makeOurs(AutoencoderParameters& parameters, at::Device device) {
  for (const auto& [name, tensor] : parameters.named()) {
    *tensor = tensor->to(device, at::kFloat, false, /*copy=*/true).contiguous();
  }
  if (parameters.threshold.defined()) {
    parameters.threshold =
        parameters.threshold.reshape({-1}).expand({parameters.features()}).contiguous();
  }
}

/// The same SAE for inputs as the model has them.
void foldFactors(AutoencoderParameters& parameters, const CheckpointInfo& info) {
  if (info.inputFactor != 1) {
    parameters.W_enc.mul_(info.inputFactor);
    parameters.W_dec.div_(info.inputFactor);
    parameters.b_dec.div_(info.inputFactor);
  }
  if (info.biasFactor != 1) {
    for (at::Tensor* bias :
         {&parameters.b_enc, &parameters.b_dec, &parameters.b_mag, &parameters.threshold}) {
      if (bias->defined()) bias->mul_(info.biasFactor);
    }
  }
}

/// The same SAE with rows of W_dec of unit norm and features that carry the norm: selection by
/// z ‖W_dec row‖ is then selection by z.
void foldDecoderNorm(AutoencoderParameters& parameters) {
  const at::Tensor norms = at::linalg_vector_norm(parameters.W_dec, 2, 1);
  parameters.W_enc.mul_(norms);
  parameters.b_enc.mul_(norms);
  parameters.W_dec.div_(norms.clamp_min(std::numeric_limits<float>::min()).unsqueeze(1));
}

constexpr double kLayerNormEpsilon = 1e-5;

/// What normalises a token: x ↦ (x − shift) / (scale + ε), undone by y ↦ y scale + shift, each
/// [tokens, 1] of x [tokens, d].
struct TokenScale {
  at::Tensor shift, scale;
  double epsilon = 0;
};

TokenScale tokenScale(InputNormalisation normalisation, const at::Tensor& x) {
  if (normalisation == InputNormalisation::LayerNorm) {
    return {x.mean(-1, /*keepdim=*/true), x.std(-1, /*unbiased=*/true, /*keepdim=*/true),
            kLayerNormEpsilon};
  }
  const at::Tensor norm = at::linalg_vector_norm(x, 2, -1, /*keepdim=*/true);
  // A token of zeros has no direction to keep; it stays one of zeros.
  const at::Tensor scale = norm.div(std::sqrt(static_cast<double>(x.size(-1))))
                               .clamp_min(std::numeric_limits<float>::min());
  return {at::zeros_like(scale), scale};
}

/// Sets all but the k largest of each row to 0, in place.
at::Tensor keepLargest(at::Tensor z, std::int64_t k) {
  if (k >= z.size(1)) return z;
  const auto [values, indices] = z.topk(k, 1, /*largest=*/true, /*sorted=*/false);
  return z.zero_().scatter_(1, indices, values);
}

}  // namespace

Autoencoder Autoencoder::load(const std::filesystem::path& checkpoint, at::Device device) {
  CheckpointInfo info = inspectCheckpoint(checkpoint);
  const std::string what = "cannot use the SAE " + checkpoint.string();
  const TensorFile file = TensorFile::open(info.weightsPath);
  AutoencoderParameters parameters = readStoredParameters(file, info, what);
  makeOurs(parameters, device);
  if (!info.decoderRowFactor.empty()) {
    const at::Tensor factor = toTorch(file.tensor(info.decoderRowFactor)).to(device, at::kFloat);
    parameters.W_dec.mul_(factor.reshape({-1, 1}));
  }
  foldFactors(parameters, info);
  if (info.scalesByDecoderNorm) foldDecoderNorm(parameters);
  Autoencoder autoencoder(std::move(parameters), info.activation, info.subtractsDecoderBias);
  autoencoder.info_ = std::move(info);
  return autoencoder;
}

Autoencoder::Autoencoder(AutoencoderParameters parameters, Activation activation,
                         bool subtractsDecoderBias)
    : parameters_(std::move(parameters)), subtractsDecoderBias_(subtractsDecoderBias) {
  info_.activation = activation;
  info_.width = width();
  info_.features = features();
  info_.subtractsDecoderBias = subtractsDecoderBias;
}

at::Tensor Autoencoder::centred(const at::Tensor& x) const {
  if (x.dim() != 2 || x.size(1) != width()) {
    throw UserError(ErrorCode::ShapeMismatch, "cannot encode",
                    fmt::format("the activations have {} values a token, the SAE reads {}",
                                x.dim() == 0 ? 0 : x.size(-1), width()),
                    "choose the SAE that belongs to this site");
  }
  at::Tensor input = x.to(parameters_.W_enc.device(), parameters_.W_enc.scalar_type());
  if (info_.normalisation != InputNormalisation::None) {
    const TokenScale token = tokenScale(info_.normalisation, input);
    input = (input - token.shift).div_(token.scale + token.epsilon);
  }
  if (subtractsDecoderBias_) input = input - parameters_.b_dec;
  return input;
}

at::Tensor Autoencoder::products(const at::Tensor& x) const {
  return centred(x).mm(parameters_.W_enc);
}

at::Tensor Autoencoder::preActivations(const at::Tensor& x) const {
  // Not addmm: product, then bias, is what other programs compute, to the bit.
  return products(x).add_(parameters_.b_enc);
}

at::Tensor Autoencoder::encode(const at::Tensor& x) const { return activate(products(x)); }

at::Tensor Autoencoder::activate(at::Tensor y) const {
  switch (info_.activation.architecture) {
    case Architecture::Standard:
      return y.add_(parameters_.b_enc).relu_();
    case Architecture::TopK:
      return keepLargest(y.add_(parameters_.b_enc), info_.activation.k).relu_();
    case Architecture::BatchTopK:
    case Architecture::JumpRelu:
      y.add_(parameters_.b_enc);
      return y.masked_fill_(y.le(parameters_.threshold), 0).relu_();
    case Architecture::Gated: {
      const at::Tensor closed = y.add(parameters_.b_enc).le(0);
      y.mul_(parameters_.r_mag.exp()).add_(parameters_.b_mag).relu_();
      return y.masked_fill_(closed, 0);
    }
  }
  return y;
}

at::Tensor Autoencoder::decode(const at::Tensor& f, const at::Tensor& x) const {
  return restored(f.mm(parameters_.W_dec).add_(parameters_.b_dec), x);
}

at::Tensor Autoencoder::restored(at::Tensor output, const at::Tensor& x) const {
  if (info_.normalisation != InputNormalisation::None) {
    const TokenScale token = tokenScale(info_.normalisation, x.to(output.options()));
    output.mul_(token.scale).add_(token.shift);
  }
  if (parameters_.W_skip.defined()) output.add_(x.to(output.options()).mm(parameters_.W_skip));
  return output;
}

at::Tensor Autoencoder::outputScale(const at::Tensor& x) const {
  if (info_.normalisation == InputNormalisation::None) return at::ones({1}, x.options());
  return tokenScale(info_.normalisation, x).scale;
}

}  // namespace featurescope
