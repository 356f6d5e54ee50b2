// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

namespace featurescope {

/// Length and direction of every decoder row, by feature.
struct DecoderGeometry {
  std::vector<double> norms;
  /// With the mean of the dead rows as stored (contract, "Words and definitions"); nothing when no
  /// feature is dead, or where a length is 0.
  std::vector<std::optional<double>> cosinesToDead;
};

/// `decoder` [M, d]; `dead[f]` says whether feature f is dead. Computed in double.
[[nodiscard]] DecoderGeometry decoderGeometry(const at::Tensor& decoder,
                                              const std::vector<bool>& dead);

}  // namespace featurescope
