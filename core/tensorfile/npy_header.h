// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace featurescope {

/// What the header of one .npy says (numpy.lib.format).
struct NpyHeader {
  std::optional<DType> dtype;  ///< nothing: a type that we do not read
  std::string typeName;        ///< as NumPy spells it: "<f4"
  bool fortranOrder = false;
  std::vector<std::int64_t> shape;
  std::size_t dataOffset = 0;  ///< from the array's first byte
};

/// Headers are a line; one beyond this is refused.
inline constexpr std::size_t kLargestNpyHeader = 65536;

/// Parses the header that `bytes` begin with; a piece of the file of kLargestNpyHeader bytes, or
/// all of it, is enough. `what` starts the errors. Throws UserError{BadFile, Unsupported}.
[[nodiscard]] NpyHeader parseNpyHeader(std::span<const std::byte> bytes, const std::string& what);

}  // namespace featurescope
