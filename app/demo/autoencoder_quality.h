// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/base/progress.h"
#include "core/lm/site.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace featurescope::demo {

/// How well a sparse autoencoder stands in for what it reads, on whole contexts of a stream.
struct AutoencoderQuality {
  double l0 = 0;                 ///< mean active features a token
  double explainedVariance = 0;  ///< 1 − Σ‖x−x̂‖² / Σ‖x−x̄‖²
  double lossBase = 0, lossWithAutoencoder = 0, lossWithZero = 0;  ///< nats a predicted token

  /// 1: inserting it costs nothing; 0: as bad as zeros in its place.
  [[nodiscard]] double recovered() const {
    return (lossWithZero - lossWithAutoencoder) / (lossWithZero - lossBase);
  }
};

[[nodiscard]] AutoencoderQuality measureAutoencoder(const std::filesystem::path& model,
                                                    const std::filesystem::path& sae,
                                                    const Site& site,
                                                    std::span<const TokenId> stream,
                                                    std::int64_t context, const JobContext& job);

}  // namespace featurescope::demo
