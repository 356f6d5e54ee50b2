// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lm/neox_config.h"
#include "core/tensorfile/tensor_file.h"

#include <filesystem>
#include <string>

namespace featurescope {

/// A Hugging Face model folder: where its parts lie. Torch-free.
struct ModelFolder {
  std::filesystem::path path;
  NeoxConfig config;
  TensorFile weights;  ///< model.safetensors, pytorch_model.bin, or the index of their shards

  /// Throws UserError{NotFound, BadFile, Unsupported}.
  static ModelFolder open(const std::filesystem::path& folder);
  /// sha256 over config.json and the weights' contents; reads every byte.
  [[nodiscard]] std::string hash() const;
};

}  // namespace featurescope
