// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/strided_copy.h"

#include <cstring>

namespace featurescope {

namespace {

template <std::size_t Size>
void copyRow(const std::byte* from, std::int64_t stride, std::int64_t count, std::byte* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(to, from, Size);
    from += stride * static_cast<std::int64_t>(Size);
    to += Size;
  }
}

template <std::size_t Size>
void copyRows(const StridedView& view, const std::byte* storage, std::span<std::byte> out) {
  const std::size_t rank = view.shape.size();
  const std::int64_t count = rank == 0 ? 1 : view.shape.back();
  const std::int64_t stride = rank == 0 ? 1 : view.strides.back();
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t element = view.offset;
  const auto rowSize = static_cast<std::size_t>(count) * Size;
  for (std::size_t written = 0; written < out.size(); written += rowSize) {
    copyRow<Size>(storage + element * static_cast<std::int64_t>(Size), stride, count,
                  out.data() + written);
    // The next row: the last of the outer indices that is not at its end goes on by one.
    for (std::size_t axis = rank < 2 ? 0 : rank - 1; axis-- > 0;) {
      element += view.strides[axis];
      if (++index[axis] < view.shape[axis]) break;
      element -= view.strides[axis] * view.shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

bool isContiguous(const StridedView& view) {
  std::int64_t expected = 1;
  for (std::size_t axis = view.shape.size(); axis-- > 0;) {
    if (view.shape[axis] == 1) continue;
    if (view.strides[axis] != expected) return false;
    expected *= view.shape[axis];
  }
  return true;
}

void copyStrided(const StridedView& view, std::size_t itemSize, std::span<const std::byte> storage,
                 std::span<std::byte> out) {
  if (out.empty()) return;
  switch (itemSize) {
    case 1:
      return copyRows<1>(view, storage.data(), out);
    case 2:
      return copyRows<2>(view, storage.data(), out);
    case 4:
      return copyRows<4>(view, storage.data(), out);
    default:
      return copyRows<8>(view, storage.data(), out);
  }
}

}  // namespace featurescope
