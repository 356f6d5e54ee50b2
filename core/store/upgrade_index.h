// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

namespace featurescope {

struct IndexUpgrade {
  std::int64_t from = 0, to = 0;  ///< versions; the same when there was nothing to do
};

/// Brings an index of an earlier version to ours: a copy is migrated and takes its place, whole or
/// not at all. What an earlier version did not keep stays empty. Readers may have it open; they go
/// on with the old one. Throws as IndexReader::open, and UserError{CannotWrite}.
IndexUpgrade upgradeIndex(const std::filesystem::path& path);

}  // namespace featurescope
