// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>

namespace featurescope {

/// Something that a run's rules did, for its log (`sentence`) and for programs (`kind`, `figures`).
/// Kinds: "l1-adjusting" and "l1-held" (figures: l1_coeff, l0), "resampled" (features: their ids,
/// method), "resampling-outcome" (resampled_at, features, fired, again_dead: counts),
/// "learning-rate-rewarmed" (steps).
struct TrainEvent {
  std::string kind;
  std::int64_t step = 0;  ///< the step after whose update it happened
  std::string sentence;
  Json figures = Json::object();
};

}  // namespace featurescope
