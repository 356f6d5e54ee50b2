// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace featurescope {

/// A file that grows at its end while others may read it. Not thread-safe.
class AppendFile {
 public:
  /// Makes the file where there is none. Errors name it by `shownPath`, where it will lie.
  /// Throws UserError{CannotWrite}.
  AppendFile(const std::filesystem::path& path, std::filesystem::path shownPath);
  explicit AppendFile(const std::filesystem::path& path) : AppendFile(path, path) {}
  ~AppendFile();
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&&) = delete;

  /// All of `text`, or nothing of it and UserError{CannotWrite}, a full disk included.
  void append(std::string_view text);
  [[nodiscard]] std::uint64_t size() const;
  /// Takes away what lies beyond the first `size` bytes.
  void cutTo(std::uint64_t size);
  /// What was appended outlives a loss of power from here on.
  void flushToDisk();

  /// Keeps other processes from locking the file, until this one ends, however it does, or the
  /// AppendFile goes. False when another one holds it.
  [[nodiscard]] bool lock();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace featurescope
