// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/tensor_bytes.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace featurescope {

OwnedBytes::OwnedBytes(std::size_t size) {
  auto* memory = static_cast<std::byte*>(::operator new(size));
  owner = std::shared_ptr<const void>(
      memory, [](const void* held) { ::operator delete(const_cast<void*>(held)); });
  bytes = {memory, size};
}

Tensor tensorOfBytes(DType dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes,
                     std::shared_ptr<const void> owner, const std::filesystem::path& file,
                     std::string_view name) {
  if (dtype == DType::Bool &&
      std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; })) {
    throw UserError(ErrorCode::BadFile, "cannot read " + file.string(),
                    fmt::format("the truth values of {} hold something else than 0 and 1", name));
  }
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % itemSize(dtype) == 0;
  if (aligned) return {dtype, std::move(shape), bytes, std::move(owner)};

  OwnedBytes copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.bytes.data(), bytes.data(), bytes.size());
  return {dtype, std::move(shape), copy.bytes, std::move(copy.owner)};
}

}  // namespace featurescope
