// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace featurescope {

/// A file of lines that somebody else appends to, read as it grows. One thread.
class GrowingFile {
 public:
  explicit GrowingFile(std::filesystem::path path) : path_(std::move(path)) {}

  struct Lines {
    std::string text;         ///< whole lines, with their ends
    bool startsOver = false;  ///< `text` begins at the file's start: it was cut or replaced
  };
  /// What came since the last call; a line that is not ended yet comes later. A missing file is an
  /// empty one.
  [[nodiscard]] Lines next();

 private:
  std::filesystem::path path_;
  std::uint64_t read_ = 0;  ///< bytes handed out
  std::string lastLine_;    ///< of them; what replaces a file as long is told by it
};

}  // namespace featurescope
