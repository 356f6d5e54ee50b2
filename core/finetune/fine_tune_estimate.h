// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/finetune/fine_tune.h"

#include <cstdint>
#include <optional>
#include <string>

namespace featurescope {

/// What a fine-tuning will hold, in bytes, from its settings, the headers of its inputs and its
/// first records.
struct FineTuneEstimate {
  double program = 0;        ///< the program and its libraries
  double languageModel = 0;  ///< its weights as the arithmetic needs them
  double autoencoder = 0;
  double states = 0;  ///< the model's state at the site, kept over epochs
  double step = 0;    ///< a step's working memory: activations of the suffix, the loss's logits

  /// Whether matrices wait in the mapped file and are converted one at a time.
  bool streamsWeights = false;
  /// Of the mapped model file: pages that the kernel drops where memory is short, not counted in
  /// total().
  double mapped = 0;
  double disk = 0;  ///< the run folder, and states beyond the memory given to them

  [[nodiscard]] double total() const;
};

/// `available`: bytes that may be taken, where known; weights that exceed it are streamed. Throws
/// what reading the inputs' headers and the first records throws.
[[nodiscard]] FineTuneEstimate estimateFineTuning(const FineTuneSettings& settings,
                                                  std::optional<std::uint64_t> available);

/// "2.9 GB of memory: language model 0.5, …; 0.1 GB of disk", in GB of 10^9 bytes; parts below 0.05
/// GB are left out.
[[nodiscard]] std::string describe(const FineTuneEstimate& estimate);

/// Throws UserError{OutOfMemory} when the run needs more than `available`; nothing: not known.
void checkFits(const FineTuneEstimate& estimate, std::optional<std::uint64_t> available);

/// How much a run reads, and how fast this machine is at it.
struct FineTuningSpeed {
  double tokens = 0;  ///< real tokens of all steps together
  double tokensPerSecond = 0;
};

/// From a second or so of the run's first steps, which run the model below the site too: later
/// epochs are faster. Writes nothing; `out` is not looked at. Throws as fineTune.
[[nodiscard]] FineTuningSpeed measureFineTuningSpeed(const FineTuneSettings& settings,
                                                     const JobContext& job);

}  // namespace featurescope
