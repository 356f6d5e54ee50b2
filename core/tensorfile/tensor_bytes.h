// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace featurescope {

/// Uninitialised memory of our own, aligned for every DType.
struct OwnedBytes {
  explicit OwnedBytes(std::size_t size);
  std::span<std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// A tensor of file bytes: a view of them where they are aligned to the item size, else a copy.
/// Throws UserError{BadFile} for a Bool tensor that holds anything but 0 and 1 (reading such a bool
/// is undefined). `file` and `name` are for the message.
[[nodiscard]] Tensor tensorOfBytes(DType dtype, std::vector<std::int64_t> shape,
                                   std::span<const std::byte> bytes,
                                   std::shared_ptr<const void> owner,
                                   const std::filesystem::path& file, std::string_view name);

}  // namespace featurescope
