// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace featurescope {

/// How near a feature's row lies to the average dead feature.
struct FeatureCosine {
  FeatureId feature;
  bool dead = false;
  std::optional<double> cosine;  ///< nothing when none is dead, or the row is zero
  double density = 0;
};

/// A group of features' cosines, and how they lie to those of the dead features.
struct CosineGroup {
  std::int64_t features = 0;  ///< with a cosine
  double mean = 0, deviation = 0;
  /// Share of the dead features' histogram (100 equal bins over [-1, 1]) that this group's covers:
  /// the sum over bins of the smaller share. 1: the same; 0: apart.
  std::optional<double> overlap;
  /// The chance that a dead feature's cosine is larger than one of this group, a tie counting half
  /// (area under the ROC curve). 1/2: no separation.
  std::optional<double> separation;
};

/// Do dead features point one way (the paper's finding)? Their cosines to their own average against
/// those of the alive ones, all and by density.
struct DeadDirection {
  struct Stratum {
    double low = 0, high = 0;  ///< densities in [low, high); the last one holds 1 too
    CosineGroup alive;
  };

  CosineGroup dead, alive;
  std::vector<Stratum> strata;  ///< a decade of density each, the rarest first, without empty ends
};

[[nodiscard]] DeadDirection describeDeadDirection(std::span<const FeatureCosine> cosines);

}  // namespace featurescope
