// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/sae/finite_torch.h"
#include "core/train/saved_state_torch.h"

#include <string>

namespace featurescope {

/// Activations that a state keeps under a name, float32 [any number, width] on the CPU.
/// Throws UserError{BadFile} where it has none, or one that is not finite.
[[nodiscard]] inline at::Tensor savedRows(const SavedState& state, const std::string& name,
                                          std::int64_t width) {
  at::Tensor rows = state.tensor(name, at::kFloat, {width});
  if (allFinite(rows)) return rows;
  throw UserError(ErrorCode::BadFile, SavedState::kWhatFails,
                  "its \"" + name + "\" holds a value that is not a finite number");
}

}  // namespace featurescope
