// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"

#include <filesystem>
#include <optional>

namespace featurescope {

/// The files that make one checkpoint.
struct CheckpointFiles {
  TensorFile weights;
  std::optional<std::filesystem::path> settings;  ///< cfg.json and its like, beside the weights
};

/// `path`: a file of tensors, a folder that holds exactly one with an SAE in it, or a run folder
/// with a sae/. Files are judged by what they hold, not by their names. Throws UserError{NotFound,
/// BadFile, Unsupported}.
[[nodiscard]] CheckpointFiles findCheckpoint(const std::filesystem::path& path);

}  // namespace featurescope
