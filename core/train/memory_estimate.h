// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/train/train_autoencoder.h"

#include <cstdint>
#include <optional>
#include <string>

namespace featurescope {

/// What a training run will hold in memory, in bytes, from its settings and the headers of its
/// inputs alone.
struct MemoryEstimate {
  double program = 0;  ///< the program and its libraries
  double weights = 0;  ///< the SAE's
  double gradients = 0;
  double moments = 0;     ///< Adam's two
  double step = 0;        ///< a step's working memory
  double checkpoint = 0;  ///< copies that writing a checkpoint makes
  double shuffleBuffer = 0;
  double languageModel = 0;  ///< its layers up to the site, and with --held-out all of it too

  [[nodiscard]] double total() const;
};

/// Throws what reading the inputs' headers throws.
[[nodiscard]] MemoryEstimate estimateMemory(const TrainSettings& settings);

/// "2.9 GB of memory: weights 0.5, …", in GB of 10^9 bytes; what is less than 0.05 GB is left out.
[[nodiscard]] std::string describe(const MemoryEstimate& estimate);

/// Throws UserError{OutOfMemory} when the run needs more than `available`; nothing: not known.
void checkFits(const MemoryEstimate& estimate, std::optional<std::uint64_t> available);

/// Tells the estimate of a run with these settings and checks that it fits on this machine; on a
/// GPU it is only told.
void checkMemory(const TrainSettings& settings, ProgressSink& progress);

}  // namespace featurescope
