// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>

namespace featurescope {

/// Something that a run's rules did, for its log (`sentence`) and for programs (`kind`, `figures`).
/// Kinds: "l1-adjusting" and "l1-held" (l1_coeff, l0 smoothed), "resampled" (method, features:
/// their ids), "resampling-outcome" (resampled_after_step, window, features, fired, fired_lately:
/// counts), "learning-rate-rewarmed" (steps).
struct TrainEvent {
  std::string kind;
  std::int64_t step = 0;  ///< the step after whose update it happened
  std::string sentence;
  Json figures = Json::object();
};

}  // namespace featurescope
