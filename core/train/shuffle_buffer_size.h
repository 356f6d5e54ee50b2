// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/train_autoencoder.h"

#include <cstdint>

namespace featurescope {

/// How many tokens' activations of `width` values the shuffle buffer may hold: what
/// `settings.shuffleBuffer` says, else 65,536 or what fits into 1 GB, and at least two steps'
/// worth. Throws UserError{BadUsage} where one step does not fit into what is said.
[[nodiscard]] std::int64_t shuffleBufferRows(const TrainSettings& settings, std::int64_t width);

}  // namespace featurescope
