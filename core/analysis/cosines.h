// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/dead_direction.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace featurescope {

/// The verb `cosines` (contract): every feature's cosine to the average dead feature.
struct CosinesReport {
  std::vector<FeatureCosine> decoder;  ///< rows of W_dec, by feature
  std::vector<FeatureCosine> encoder;  ///< columns of W_enc; empty where an index has none
  DeadDirection decoderDirection, encoderDirection;
  /// The same of a freshly initialised dictionary (unit rows in random directions, by seed) in
  /// which the same features are called dead: what no structure looks like. Nothing for an index
  /// that does not say its width.
  std::optional<DeadDirection> randomDirection;
};

/// As the index stores them. Throws what IndexReader throws.
[[nodiscard]] CosinesReport cosinesOfIndex(const std::filesystem::path& index, std::uint64_t seed);

/// From the weights; dead are those of frequency 0 in the checkpoint's sparsity file. Throws what
/// Autoencoder::load throws, and UserError{NotFound, BadFile, ShapeMismatch} for the sparsity file.
[[nodiscard]] CosinesReport cosinesOfCheckpoint(const std::filesystem::path& sae,
                                                std::uint64_t seed);

}  // namespace featurescope
