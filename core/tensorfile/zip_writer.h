// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace featurescope {

class AtomicFile;

/// Writes stored (not compressed) records front to back, each one's data at a multiple of 64 bytes
/// as torch does, so that readers can map it. Always in the Zip64 form (PKWARE's
/// APPNOTE 4.3, 4.5.3), so that there is one path for every size. The same records give the same
/// bytes.
class ZipWriter {
 public:
  explicit ZipWriter(AtomicFile& file) : file_(file) {}
  void add(std::string_view name, std::span<const std::byte> data);
  /// Writes the directory; nothing may be added afterwards.
  void finish();

 private:
  void write(std::string_view bytes);

  AtomicFile& file_;
  std::uint64_t position_ = 0;
  std::uint64_t records_ = 0;
  std::string directory_;
};

}  // namespace featurescope
