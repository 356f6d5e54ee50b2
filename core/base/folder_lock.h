// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace featurescope {

/// Keeps other programs of ours from changing what lies in a folder, as long as it lives. It locks
/// the folder itself, so that no file is left behind, and the system ends it with the process.
/// Where a file system knows no locks, or there is no such folder, nothing is held.
class FolderLock {
 public:
  /// Waits for five seconds at most; then throws UserError{CannotWrite}.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace featurescope
