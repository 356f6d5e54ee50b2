// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/zip_writer.h"

#include "core/base/files.h"

#include <zlib.h>

namespace featurescope {

namespace {

constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  // "see the Zip64 field"
constexpr std::uint64_t kVersion = 45;       // of the format, the first with Zip64
constexpr std::uint64_t kDate = 0x0021;      // 1 January 1980, the first there is
constexpr std::uint64_t kZip64Tag = 1;
constexpr std::uint64_t kPaddingTag = 0x4246;  // "FB", torch's own
constexpr std::uint64_t kTagSize = 4;

std::string u16(std::uint64_t value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8 & 0xFF)};
}
std::string u32(std::uint64_t value) { return u16(value) + u16(value >> 16); }
std::string u64(std::uint64_t value) { return u32(value) + u32(value >> 32); }

std::uint64_t checksum(std::span<const std::byte> data) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size());
}

/// What local header and directory entry share: flags, method, time, date, checksum, sizes (in the
/// Zip64 field), length of the name.
std::string sharedFields(std::uint64_t crc, std::string_view name) {
  return u16(0) + u16(0) + u16(0) + u16(kDate) + u32(crc) + u32(kIn64) + u32(kIn64) +
         u16(name.size());
}

}  // namespace

void ZipWriter::add(std::string_view name, std::span<const std::byte> data) {
  constexpr std::uint64_t kFixedHeader = 30;
  constexpr std::uint64_t kAlignment = 64;
  const std::uint64_t offset = position_;
  const std::uint64_t crc = data.empty() ? 0 : checksum(data);
  const std::string sizes = u64(data.size()) + u64(data.size());
  std::string extra = u16(kZip64Tag) + u16(sizes.size()) + sizes;
  const std::uint64_t unpadded = offset + kFixedHeader + name.size() + extra.size() + kTagSize;
  const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  extra += u16(kPaddingTag) + u16(padding) + std::string(padding, 'Z');

  write("PK\x03\x04" + u16(kVersion) + sharedFields(crc, name) + u16(extra.size()) +
        std::string(name) + extra);
  file_.write(data);
  position_ += data.size();

  const std::string places = sizes + u64(offset);
  directory_ += "PK\x01\x02" + u16(kVersion) + u16(kVersion) + sharedFields(crc, name) +
                u16(kTagSize + places.size()) + u16(0) + u16(0) + u16(0) + u32(0) + u32(kIn64) +
                std::string(name) + u16(kZip64Tag) + u16(places.size()) + places;
  ++records_;
}

void ZipWriter::finish() {
  const std::uint64_t start = position_;
  write(directory_);
  const std::uint64_t end = position_;
  constexpr std::uint64_t kEndSize = 44;
  write("PK\x06\x06" + u64(kEndSize) + u16(kVersion) + u16(kVersion) + u32(0) + u32(0) +
        u64(records_) + u64(records_) + u64(end - start) + u64(start));
  write("PK\x06\x07" + u32(0) + u64(end) + u32(1));
  write("PK\x05\x06" + u16(0) + u16(0) + u16(0xFFFF) + u16(0xFFFF) + u32(kIn64) + u32(kIn64) +
        u16(0));
}

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes);
  position_ += bytes.size();
}

}  // namespace featurescope
