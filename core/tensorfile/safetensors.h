// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"

#include <map>
#include <string>
#include <vector>

namespace featurescope {

/// One safetensors file, mapped, with every check of the format (reference/pythia.md).
[[nodiscard]] TensorFile openSafetensors(const std::filesystem::path& path);
/// The same of bytes in memory, which `owner` keeps alive; `path` names them in errors.
[[nodiscard]] TensorFile readSafetensors(std::span<const std::byte> bytes,
                                         std::shared_ptr<const void> owner,
                                         const std::filesystem::path& path);

/// A model.safetensors.index.json and its shards, which may also be torch zips (the same index with
/// .bin files). A shard is opened when a tensor of it is first read.
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
