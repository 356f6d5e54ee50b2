// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"

namespace featurescope {

/// A NumPy archive (.npz, numpy.savez and savez_compressed): a zip whose records NAME.npy are
/// arrays (numpy.lib.format, versions 1 to 3). Records that are stored are views of the file,
/// deflated ones and arrays in Fortran's order are copied when they are read. Arrays of objects,
/// texts, records and big-endian numbers are listed by name only; nothing is executed.
[[nodiscard]] TensorFile openNpz(const std::filesystem::path& path);
/// The same of bytes in memory, which `owner` keeps alive; `path` names them in errors.
[[nodiscard]] TensorFile readNpz(std::span<const std::byte> bytes,
                                 std::shared_ptr<const void> owner,
                                 const std::filesystem::path& path);

}  // namespace featurescope
