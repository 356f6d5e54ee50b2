// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace featurescope {

/// Element types of the files we read, by safetensors' names.
enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

[[nodiscard]] std::size_t itemSize(DType dtype);
/// "F32", as safetensors writes it.
[[nodiscard]] std::string_view name(DType dtype);
[[nodiscard]] std::optional<DType> dtypeNamed(std::string_view name);

/// Bytes of an array of this type and shape, or nothing when a dimension is negative or the size of
/// the array (empty dimensions counted as one) overflows.
[[nodiscard]] std::optional<std::size_t> byteCount(DType dtype,
                                                   std::span<const std::int64_t> shape);

/// "[512, 2048]", for messages.
[[nodiscard]] std::string shapeText(std::span<const std::int64_t> shape);

/// A contiguous row-major array of a file, usually its mapped bytes. `owner` keeps them alive.
/// Little-endian; `bytes.data()` is aligned to the item size.
struct Tensor {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;

  [[nodiscard]] std::int64_t elements() const;
  /// "[512, 2048]", for messages.
  [[nodiscard]] std::string shapeText() const;
};

}  // namespace featurescope
