// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/finite_torch.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace featurescope {

namespace {

at::Tensor readParameter(const TensorFile& file, const char* name, at::Device device,
                         const std::string& what) {
  // A copy of our own: a file that shrinks under a mapping would kill the program.
  at::Tensor tensor = toTorch(file.tensor(name)).to(device, at::kFloat, false, /*copy=*/true);
  if (!allFinite(tensor)) {
    throw UserError(ErrorCode::NotFinite, what,
                    fmt::format("its {} holds a value that is not a finite number", name),
                    "the checkpoint is damaged or its training diverged: use another");
  }
  return tensor;
}

AutoencoderParameters readParameters(const TensorFile& file, Activation activation,
                                     at::Device device, const std::string& what) {
  const auto read = [&](const char* name) { return readParameter(file, name, device, what); };
  const bool isGated = activation.architecture == Architecture::Gated;
  AutoencoderParameters parameters{read("W_enc"), read("W_dec"), read(isGated ? "b_gate" : "b_enc"),
                                   read("b_dec")};
  if (activation.architecture == Architecture::JumpRelu) parameters.threshold = read("threshold");
  if (isGated) {
    parameters.r_mag = read("r_mag");
    parameters.b_mag = read("b_mag");
  }
  return parameters;
}

/// The same SAE with rows of W_dec of unit norm and features that carry the norm: selection by
/// z ‖W_dec row‖ is then selection by z.
void foldDecoderNorm(AutoencoderParameters& parameters) {
  const at::Tensor norms = at::linalg_vector_norm(parameters.W_dec, 2, 1);
  parameters.W_enc.mul_(norms);
  parameters.b_enc.mul_(norms);
  parameters.W_dec.div_(norms.clamp_min(std::numeric_limits<float>::min()).unsqueeze(1));
}

/// SAELens wrote this vector for a while without using it; other than all ones it scales features.
void refuseFineTunedScale(const TensorFile& file, const std::string& what) {
  if (!file.contains("scaling_factor")) return;
  if (!toTorch(file.tensor("scaling_factor")).eq(1).all().item<bool>()) {
    throw UserError(ErrorCode::Unsupported, what, "its features have a scaling_factor other than 1",
                    "fold it into W_dec first");
  }
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
  refuseFineTunedScale(file, what);
  AutoencoderParameters parameters = readParameters(file, info.activation, device, what);
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
  const at::Tensor input = x.to(parameters_.W_enc.device(), parameters_.W_enc.scalar_type());
  return subtractsDecoderBias_ ? input - parameters_.b_dec : input;
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

at::Tensor Autoencoder::decode(const at::Tensor& f) const {
  return f.mm(parameters_.W_dec).add_(parameters_.b_dec);
}

}  // namespace featurescope
