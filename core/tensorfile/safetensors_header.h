// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace featurescope {

/// What the header of one safetensors file says, checked against the file's size.
struct SafetensorsHeader {
  /// Where a tensor's bytes lie, counted from the start of the file.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  TensorFile::Source::Entries entries;
  std::map<std::string, Place, std::less<>> places;  ///< of `entries`
  /// Tensors of types that the format knows and we do not read: name and type.
  std::map<std::string, std::string, std::less<>> unread;
  std::map<std::string, std::string, std::less<>> metadata;
};

/// Parses and checks the header of a whole file in memory; the data is not touched.
/// `what` starts the errors ("cannot read model.safetensors"). Throws UserError{BadFile}.
[[nodiscard]] SafetensorsHeader parseSafetensorsHeader(std::span<const std::byte> file,
                                                       const std::string& what);

}  // namespace featurescope
