// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace featurescope {

enum class TensorFileFormat { Safetensors, ShardIndex, TorchZip, Npz };

/// The format that a file's first bytes show. Throws UserError{BadFile, Unsupported} that says what
/// the file is instead (a Git LFS pointer, a web page, an old torch pickle, …) where that can be
/// told. `path` is for the message.
[[nodiscard]] TensorFileFormat recogniseTensorFile(std::span<const std::byte> bytes,
                                                   const std::filesystem::path& path);

}  // namespace featurescope
