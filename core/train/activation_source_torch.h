// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace featurescope {

/// Where a training run's activations come from: an endless stream of batches, the same for the
/// same settings. One thread at a time.
class ActivationSource {
 public:
  virtual ~ActivationSource() = default;

  /// d
  [[nodiscard]] virtual std::int64_t width() const = 0;
  /// The next step's activations, float32 [tokens a step, d] on the run's device, all finite; a
  /// tensor of the caller's own.
  [[nodiscard]] virtual at::Tensor next(const JobContext& job) = 0;
  /// Some of the stream's first rows to measure on, float32 [n, d] with n ≥ 1 and at most `rows`;
  /// before the first next(), which it does not change.
  [[nodiscard]] virtual at::Tensor sample(std::int64_t rows, const JobContext& job) = 0;

  /// The state after the last next(). Shares its tensors: write it down before the following one.
  [[nodiscard]] virtual SavedState save() const = 0;
  /// Goes to a saved state: a source opened with the same settings gives the same batches from
  /// there, to the bit. Throws UserError{BadFile} for a state that cannot be one of this source,
  /// {BadText} where the texts are no longer what they were.
  virtual void restore(const SavedState& state, const JobContext& job) = 0;

  /// What run.json should say of the inputs: paths, hashes. Reads every byte of them.
  [[nodiscard]] virtual Json provenance() const = 0;
  /// What became of them so far, for the end of run.json.
  [[nodiscard]] virtual Json report() const = 0;
};

/// Rows of `settings.activations`: with shuffle, a fresh seeded order of all rows for each pass;
/// without, step t takes rows [t·B, (t+1)·B), wrapping at the end.
[[nodiscard]] std::unique_ptr<ActivationSource> openActivationFile(const TrainSettings& settings);

/// How a model's activations are computed before they are asked for. Changes the speed and the
/// memory only. Even where the model and the training share all cores, both side by side take no
/// more of them than in turns, and neither waits for the other's serial parts.
struct ReadingAhead {
  std::int64_t tokensAtATime = 1024;  ///< of one run of the model, in whole contexts
  std::size_t chunks = 2;             ///< of these may wait to be taken
};

/// What `settings.model` computes at `settings.site` from the texts, which start over when they
/// end. With shuffle, steps draw from a buffer over many contexts that is refilled when half of it
/// is used; without, tokens come in file order. `steps`: how many batches will be asked for. The
/// model runs on a thread of its own, from the first batch on.
[[nodiscard]] std::unique_ptr<ActivationSource> openModelActivations(
    const TrainSettings& settings, std::int64_t steps, const ReadingAhead& ahead = {});

}  // namespace featurescope
