// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"

#include <map>
#include <string>
#include <vector>

namespace featurescope {

/// One safetensors file, mapped, with every check of the format (reference/pythia.md).
[[nodiscard]] TensorFile openSafetensors(const std::filesystem::path& path);
/// A model.safetensors.index.json and its shards.
[[nodiscard]] TensorFile openShardedSafetensors(const std::filesystem::path& index);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Writes atomically. Tensors are laid out by falling item size, then by name, data aligned to 8
/// bytes, so the same contents give the same bytes.
void writeSafetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace featurescope
