// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/fine_tuned_code_torch.h"

#include <algorithm>

namespace featurescope {

namespace {

constexpr std::int64_t kChunkElements = 1 << 23;  ///< of z held at a time: 32 MB
constexpr std::int64_t kFewestChunkRows = 64;

at::Tensor onDevice(const std::vector<float>& values, at::Device device) {
  return at::tensor(values, at::kFloat).to(device);
}

}  // namespace

void encodeFineTuned(const Autoencoder& autoencoder, const FeatureScales& scales,
                     const at::Tensor& x, SparseCode& code) {
  if (code.rows() == 0) code.features = autoencoder.features();
  const at::Device device = autoencoder.parameters().W_enc.device();
  const at::Tensor c = onDevice(scales.scale, device), d = onDevice(scales.bias, device);
  const std::int64_t rows = std::max(kFewestChunkRows, kChunkElements / autoencoder.features());
  for (std::int64_t first = 0; first < x.size(0); first += rows) {
    const at::Tensor chunk = x.narrow(0, first, std::min(rows, x.size(0) - first));
    const at::Tensor f =
        autoencoder.preActivations(chunk).mul_(c).add_(d).to(at::kCPU).contiguous();
    appendActive({f.const_data_ptr<float>(), f.size(0), f.size(1)}, code);
  }
}

}  // namespace featurescope
