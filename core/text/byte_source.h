// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace featurescope {

/// A file's bytes in order, decompressed. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills `out` from its start and returns how much of it; 0 only at the end.
  /// Throws UserError{BadFile} for a damaged archive and for what the disk cannot give.
  virtual std::size_t read(std::span<char> out) = 0;
  /// Goes to this byte of the file's (decompressed) contents, if it can without reading all that
  /// lies before; false, and nothing happened, where it cannot.
  [[nodiscard]] virtual bool seek(std::uint64_t /*offset*/) { return false; }
  /// Bytes of the file itself that were read so far.
  [[nodiscard]] virtual std::uint64_t fileBytesRead() const = 0;
};

/// Decompresses what ends in .gz (several members too) or .zst (several frames too).
/// Throws UserError{NotFound, BadFile}.
[[nodiscard]] std::unique_ptr<ByteSource> openByteSource(const std::filesystem::path& path);

}  // namespace featurescope
