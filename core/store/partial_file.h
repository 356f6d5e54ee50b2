// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace featurescope {

/// A file that somebody else writes under a temporary name beside its final one (.NAME.PID.partial)
/// and that appears there, whole, with commit(); without it nothing is left. What processes that
/// were killed left of the same name is removed first.
class PartialFile {
 public:
  explicit PartialFile(std::filesystem::path finalPath);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return partial_; }
  [[nodiscard]] const std::filesystem::path& finalPath() const { return final_; }

  /// Flushes the file to the disk and renames it. Nobody may have it open for writing any more.
  /// Throws UserError{CannotWrite}.
  void commit();

 private:
  std::filesystem::path final_, partial_;
  bool committed_ = false;
};

/// Whether a file that is not there yet is on its way.
enum class Unfinished {
  No,
  BeingWritten,  ///< by a process that runs
  LeftBehind,    ///< by one that was killed
};
[[nodiscard]] Unfinished unfinishedWriting(const std::filesystem::path& finalPath);

}  // namespace featurescope
