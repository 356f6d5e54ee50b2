// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/sae/autoencoder_torch.h"

#include <cmath>

namespace featurescope {

namespace {

/// torch.nn.init.kaiming_uniform_ with its defaults, on a matrix of [rows, columns]: uniform in
/// ±√(6 / columns).
at::Tensor kaimingUniform(std::int64_t rows, std::int64_t columns, RandomStream random) {
  at::Tensor result = at::empty({rows, columns});
  const double bound = std::sqrt(6.0 / static_cast<double>(columns));
  float* values = result.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    values[i] = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
  }
  return result;
}

}  // namespace

AutoencoderParameters randomAutoencoder(std::int64_t width, std::int64_t features,
                                        std::uint64_t seed) {
  AutoencoderParameters result;
  result.W_enc = kaimingUniform(width, features, RandomStream(seed, "initial encoder"));
  result.W_dec = kaimingUniform(features, width, RandomStream(seed, "initial decoder"));
  result.W_dec.div_(result.W_dec.norm(2, 1, /*keepdim=*/true));
  result.b_enc = at::zeros({features});
  result.b_dec = at::zeros({width});
  return result;
}

}  // namespace featurescope
