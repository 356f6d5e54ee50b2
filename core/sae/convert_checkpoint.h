// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sae/checkpoint.h"

#include <filesystem>

namespace featurescope {

struct ConvertRequest {
  std::filesystem::path sae;
  std::filesystem::path out;  ///< a folder, see contract `convert`
  CheckpointFormat to = CheckpointFormat::SaeLens;
  bool force = false;
};

/// Writes an SAE in another program's layout, its parameters to the bit and in their types; returns
/// what was written, as inspectCheckpoint reads it. Torch-free to call.
/// Throws UserError as inspectCheckpoint; {Unsupported} naming what the layout cannot hold; and
/// {OutputExists, CannotWrite}.
CheckpointInfo convertCheckpoint(const ConvertRequest& request);

}  // namespace featurescope
