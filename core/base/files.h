// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace featurescope {

/// A whole file mapped privately into memory: reading is lazy, writing to the bytes never reaches
/// the file. Copies share the mapping; it lives as long as any copy or anything that holds
/// `owner()`.
class MappedFile {
 public:
  /// Throws UserError{NotFound, BadFile} when the path is missing, a folder, or cannot be read.
  explicit MappedFile(const std::filesystem::path& path);

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Keeps the mapping alive.
  [[nodiscard]] std::shared_ptr<const void> owner() const { return mapping_; }

 private:
  std::filesystem::path path_;
  std::shared_ptr<const void> mapping_;
  std::span<const std::byte> bytes_;
};

/// Writes a file under a temporary name beside its final one; `commit` flushes it to the disk and
/// renames it. Without commit nothing appears under the final name and the temporary is removed.
class AtomicFile {
 public:
  /// Throws UserError{CannotWrite}; makes missing parent folders.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws UserError{CannotWrite}, a full disk included.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

/// The whole file as it is. Throws UserError{NotFound, BadFile}.
[[nodiscard]] std::string readFile(const std::filesystem::path& path);

/// Atomically replaces the file's contents.
void writeFile(const std::filesystem::path& path, std::string_view text);

/// Throws UserError{OutputExists} when `path` exists and `force` is false, and
/// UserError{CannotWrite} when its folder cannot be written: called before long work starts.
void checkOutput(const std::filesystem::path& path, bool force);

/// A folder under a temporary name beside its final one, removed unless committed; `commit` renames
/// it into place (replacing what is there, so ask checkOutput first). What processes that were
/// killed left of such folders beside it is removed first.
class AtomicFolder {
 public:
  explicit AtomicFolder(const std::filesystem::path& path);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  int lock_ = -1;  ///< of the temporary folder: nobody takes it for one that was left behind
  bool committed_ = false;
};

/// A fresh folder for temporary files, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace featurescope
