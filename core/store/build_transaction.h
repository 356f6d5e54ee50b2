// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"

#include <cstdint>

namespace featurescope {

/// The transaction in which a file under construction grows. It commits from time to time, so that
/// the write-ahead log beside the file stays a few megabytes.
class BuildTransaction {
 public:
  explicit BuildTransaction(Database& database);

  /// Runs a statement that adds a row, of which `bytes` are in texts and blobs.
  void insert(Statement& row, std::size_t bytes = 0);
  void commit();

 private:
  Database& database_;
  std::size_t uncommittedBytes_ = 0;
};

}  // namespace featurescope
