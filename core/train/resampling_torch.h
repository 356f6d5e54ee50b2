// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/sae/autoencoder_torch.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_choices.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace featurescope {

struct ResamplingSettings {
  Resampling method = Resampling::None;
  std::int64_t every = 10'000;  ///< steps
};

/// What became of the features that were resampled.
struct ResamplingOutcome {
  std::int64_t resampledAfter = 0;  ///< steps done by then
  std::int64_t window = 0;          ///< the steps looked at, those that followed
  std::int64_t features = 0, fired = 0;
  std::int64_t firedLately = 0;  ///< in the last tenth of the window
};

/// Gives dead features new vectors (contract, `train`, "Resampling"), reproducibly by seed, and
/// looks what becomes of them. Steps are counted as done: s after update s − 1.
class FeatureResampler {
 public:
  FeatureResampler(const ResamplingSettings& settings, std::int64_t deadWindow, std::uint64_t seed);

  /// Whether resampling happens once so many steps are done.
  [[nodiscard]] bool isDue(std::int64_t stepsDone) const;

  /// Tells of a step's inputs x [tokens, d] and their squared errors [tokens]. Those of the last
  /// 8,192 tokens before a resampling by loss are what it draws from.
  void remember(const at::Tensor& x, const at::Tensor& tokenErrors, std::int64_t stepsDoneBefore);

  /// Replaces the vectors of the features in `dead` (bool [M]), sets their b_enc and a gated SAE's
  /// r_mag and b_mag to 0 and their thresholds to the mean of the others. Their ids, ascending.
  at::Tensor resample(AutoencoderParameters& parameters, const at::Tensor& dead,
                      std::int64_t stepsDone);

  /// Once, when the dead window after a resampling is over, or the next resampling is due.
  /// `lastActive` as FeatureActivity has it.
  [[nodiscard]] std::optional<ResamplingOutcome> takeOutcome(const at::Tensor& lastActive,
                                                             std::int64_t stepsDone);

  [[nodiscard]] SavedState save() const;
  void restore(const SavedState& state, const AutoencoderParameters& parameters);

 private:
  void renewAtRandom(AutoencoderParameters& parameters, const at::Tensor& ids);
  void renewFromInputs(AutoencoderParameters& parameters, const at::Tensor& ids,
                       const at::Tensor& dead);

  ResamplingSettings settings_;
  std::int64_t window_;
  RandomStream random_;
  std::vector<at::Tensor> inputs_, errors_;  ///< remembered, a batch each
  at::Tensor watched_;                       ///< int64: the features resampled last
  std::int64_t watchedSince_ = 0;
};

/// `count` of the numbers below weights.size(), drawn one after the other without putting back,
/// each in proportion to its weight among those left; once all with a weight above 0 are drawn,
/// they begin anew in the same order. Equal weights where all are 0.
[[nodiscard]] std::vector<std::int64_t> drawByWeight(const std::vector<double>& weights,
                                                     std::int64_t count, RandomStream& random);

}  // namespace featurescope
