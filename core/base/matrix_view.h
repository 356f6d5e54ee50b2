// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <type_traits>

namespace featurescope {

/// Row-major matrix of somebody else's memory; rows lie without gaps.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;

  [[nodiscard]] std::span<T> row(std::int64_t i) const {
    assert(i >= 0 && i < rows);
    return {data + i * columns, static_cast<std::size_t>(columns)};
  }
  [[nodiscard]] T& operator()(std::int64_t i, std::int64_t j) const {
    return data[i * columns + j];
  }

  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, columns};
  }
};

}  // namespace featurescope
