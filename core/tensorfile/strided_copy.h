// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// Element (i, j, …) lies at offset + i·strides[0] + j·strides[1] + … elements of a storage.
struct StridedView {
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

/// Whether the elements lie one after another in row-major order.
[[nodiscard]] bool isContiguous(const StridedView& view);

/// Gathers the view's elements of `itemSize` bytes (1, 2, 4 or 8) in row-major order. The view lies
/// inside of `storage`, and `out` has its size; both are the caller's to check.
void copyStrided(const StridedView& view, std::size_t itemSize, std::span<const std::byte> storage,
                 std::span<std::byte> out);

}  // namespace featurescope
