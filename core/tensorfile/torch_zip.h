// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"

namespace featurescope {

/// A state dict saved by torch.save in its zip form (PyTorch 1.6 and newer), read by a restricted
/// pickle machine: dicts, lists, tuples, strings, numbers and tensors; every other global is
/// refused by name. Nested dicts give names joined by '.'. Tensors that are not contiguous are
/// copied when they are read. A value that is only a tensor gets the name "tensor".
[[nodiscard]] TensorFile openTorchZip(const std::filesystem::path& path);
/// The same of bytes in memory, which `owner` keeps alive; `path` names them in errors.
[[nodiscard]] TensorFile readTorchZip(std::span<const std::byte> bytes,
                                      std::shared_ptr<const void> owner,
                                      const std::filesystem::path& path);

/// Writes an ordered dict of tensors that torch.load(weights_only=True) reads, from a fixed
/// template. (Only `convert` writes pickles.)
void writeTorchZip(const std::filesystem::path& path,
                   const std::vector<struct NamedTensor>& tensors);

}  // namespace featurescope
