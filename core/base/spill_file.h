// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace featurescope {

/// Room on the disk for what a job collects and memory should not hold: bytes are appended, then
/// read anywhere. The file has no name, so nothing is left of it however the program ends.
class SpillFile {
 public:
  /// In `folder`, which must exist. Throws UserError{CannotWrite}, as append() does, a full disk
  /// included.
  explicit SpillFile(const std::filesystem::path& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  void append(std::span<const std::byte> bytes);
  template <class T>
  void append(std::span<const T> values) {
    append(std::as_bytes(values));
  }

  /// Fills `bytes` from `offset` on; all of it must have been appended.
  void read(std::int64_t offset, std::span<std::byte> bytes) const;
  template <class T>
  void read(std::int64_t offset, std::span<T> values) const {
    read(offset, std::span<std::byte>(std::as_writable_bytes(values)));
  }

  [[nodiscard]] std::int64_t size() const { return size_; }

 private:
  std::filesystem::path folder_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace featurescope
