// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/sae/finite_torch.h"
#include "core/train/saved_state_torch.h"

#include <string>

namespace featurescope {

/// Activations that a state keeps under a name, float32 [any number, width]: the state's own, which
/// may be a gigabyte, so copy from them. Throws UserError{BadFile} where it has none of that kind,
/// or one that is not finite.
[[nodiscard]] inline at::Tensor savedRows(const SavedState& state, const std::string& name,
                                          std::int64_t width) {
  const auto refuse = [&](const std::string& why) {
    throw UserError(ErrorCode::BadFile, SavedState::kWhatFails, "its \"" + name + "\" " + why);
  };
  const auto found = state.tensors.find(name);
  if (found == state.tensors.end()) refuse("is missing");
  const at::Tensor& rows = found->second;
  if (rows.scalar_type() != at::kFloat || rows.dim() != 2 || rows.size(1) != width) {
    refuse("is not the activations of this run");
  }
  if (!allFinite(rows)) refuse("holds a value that is not a finite number");
  return rows;
}

}  // namespace featurescope
