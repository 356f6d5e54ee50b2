// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/zip_directory.h"

#include "core/base/error.h"
#include "core/tensorfile/tensor_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <zlib.h>

namespace featurescope {

namespace {

constexpr std::uint32_t kLocalHeader = 0x04034B50;
constexpr std::uint32_t kDirectoryEntry = 0x02014B50;
constexpr std::uint32_t kEnd = 0x06054B50;
constexpr std::uint32_t kEnd64 = 0x06064B50;
constexpr std::uint32_t kEnd64Locator = 0x07064B50;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kEnd64LocatorSize = 20;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  // "see the Zip64 field"

/// Reads the directory of a zip (PKWARE's APPNOTE 4.3 and, for Zip64, 4.5.3).
class DirectoryReader {
 public:
  using Records = std::map<std::string, ZipDirectory::Record, std::less<>>;

  DirectoryReader(std::span<const std::byte> file, const std::string& what)
      : file_(file), what_(what) {}

  Records read() {
    Directory directory = find();
    position_ = directory.offset;
    for (std::uint64_t i = 0; i < directory.records; ++i) readEntry();
    return std::move(records_);
  }

 private:
  struct Directory {
    std::uint64_t offset;
    std::uint64_t records;
  };

  struct Entry {
    std::string name;
    ZipDirectory::Record record;
    std::uint64_t header = 0;  ///< where its local header lies
  };

  [[noreturn]] void fail(std::string_view why) const {
    throw UserError(ErrorCode::BadFile, what_, fmt::format("as a zip file it {}", why),
                    "download it again");
  }

  /// The little-endian number of `size` bytes at `offset`.
  std::uint64_t at(std::uint64_t offset, std::uint64_t size) const {
    if (offset > file_.size() || size > file_.size() - offset) fail("points beyond its end");
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      value |= std::to_integer<std::uint64_t>(file_[offset + i]) << (8 * i);
    }
    return value;
  }

  std::uint64_t take(std::uint64_t size) {
    const std::uint64_t value = at(position_, size);
    position_ += size;
    return value;
  }

  std::string_view textAt(std::uint64_t offset, std::uint64_t size) const {
    if (offset > file_.size() || size > file_.size() - offset) fail("points beyond its end");
    return {reinterpret_cast<const char*>(file_.data()) + offset, size};
  }

  /// The end record is the last thing in the file, before a comment of up to 64 KiB.
  Directory find() const {
    constexpr std::uint64_t kLongestComment = 0xFFFF;
    for (std::uint64_t comment = 0; comment <= kLongestComment; ++comment) {
      if (file_.size() < kEndSize + comment) break;
      const std::uint64_t end = file_.size() - kEndSize - comment;
      if (at(end, 4) == kEnd && at(end + 20, 2) == comment) return directoryOf(end);
    }
    fail("has no directory at its end");
  }

  Directory directoryOf(std::uint64_t end) const {
    if (end >= kEnd64LocatorSize && at(end - kEnd64LocatorSize, 4) == kEnd64Locator) {
      const std::uint64_t end64 = at(end - kEnd64LocatorSize + 8, 8);
      if (at(end64, 4) != kEnd64) fail("has a broken directory");
      return {at(end64 + 48, 8), at(end64 + 32, 8)};
    }
    return {at(end + 16, 4), at(end + 10, 2)};
  }

  void readEntry() {
    if (take(4) != kDirectoryEntry) fail("has a broken directory");
    take(4);  // versions
    const std::uint64_t flags = take(2);
    const std::uint64_t method = take(2);
    take(8);  // time, date, checksum
    Entry entry;
    entry.record.storedSize = take(4);
    entry.record.size = take(4);
    const std::uint64_t nameSize = take(2);
    const std::uint64_t extraSize = take(2);
    const std::uint64_t commentSize = take(2);
    take(8);  // disk, attributes
    entry.header = take(4);
    entry.name = textAt(position_, nameSize);
    position_ += nameSize;
    readZip64(entry, textAt(position_, extraSize).size());
    position_ += extraSize + commentSize;
    checkMethod(entry.name, flags, method);
    entry.record.deflated = method == Z_DEFLATED;
    place(entry);
    if (!records_.emplace(entry.name, entry.record).second) {
      fail(fmt::format("holds the record {} twice", entry.name));
    }
  }

  /// Replaces what does not fit into 32 bits by the fields of the Zip64 extra block.
  void readZip64(Entry& entry, std::uint64_t extraSize) const {
    constexpr std::uint64_t kZip64Tag = 1;
    constexpr std::uint64_t kTagSize = 4;
    std::uint64_t tag = position_;
    std::uint64_t left = extraSize;
    while (left >= kTagSize) {
      const std::uint64_t size = at(tag + 2, 2);
      if (size > left - kTagSize) fail("has a broken directory");
      if (at(tag, 2) == kZip64Tag) {
        std::uint64_t field = tag + kTagSize;
        const std::uint64_t end = field + size;
        for (std::uint64_t* value : {&entry.record.size, &entry.record.storedSize, &entry.header}) {
          if (*value != kIn64) continue;
          if (end - field < 8) fail("has a broken directory");
          *value = at(field, 8);
          field += 8;
        }
        return;
      }
      tag += kTagSize + size;
      left -= kTagSize + size;
    }
  }

  void checkMethod(const std::string& name, std::uint64_t flags, std::uint64_t method) const {
    constexpr std::uint64_t kEncrypted = 1;
    if ((flags & kEncrypted) != 0) {
      throw UserError(ErrorCode::Unsupported, what_,
                      fmt::format("its record {} is encrypted", name));
    }
    if (method != 0 && method != Z_DEFLATED) {
      throw UserError(ErrorCode::Unsupported, what_,
                      fmt::format("its record {} is compressed, and not by deflate", name));
    }
  }

  /// The data follows a local header that repeats the name.
  void place(Entry& entry) const {
    constexpr std::uint64_t kHeaderSize = 30;
    ZipDirectory::Record& record = entry.record;
    if (at(entry.header, 4) != kLocalHeader) fail(fmt::format("lacks the record {}", entry.name));
    const std::uint64_t nameSize = at(entry.header + 26, 2);
    const std::uint64_t extraSize = at(entry.header + 28, 2);
    if (textAt(entry.header + kHeaderSize, nameSize) != entry.name) {
      fail(fmt::format("lacks the record {}", entry.name));
    }
    record.offset = entry.header + kHeaderSize + nameSize + extraSize;
    if (record.offset > file_.size() || record.storedSize > file_.size() - record.offset) {
      fail(fmt::format("ends before its record {} does", entry.name));
    }
    if (!record.deflated && record.size != record.storedSize) {
      fail(fmt::format("has two sizes of its record {}", entry.name));
    }
  }

  std::span<const std::byte> file_;
  const std::string& what_;
  std::uint64_t position_ = 0;
  Records records_;
};

enum class Inflate { Whole, Beginning };

/// Raw deflate; whether `out` was filled, and by the last of the bytes where they are read whole.
bool inflateTo(std::span<const std::byte> in, std::span<std::byte> out, Inflate extent) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  std::byte overflow{};  // zlib wants a place even where nothing is expected
  std::size_t read = 0;
  std::size_t written = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t input = std::min(in.size() - read, kMost);
    const std::size_t room = std::min(out.size() - written, kMost);
    stream.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data() + read));  // zlib's old signature
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = reinterpret_cast<Bytef*>(room > 0 ? out.data() + written : &overflow);
    stream.avail_out = static_cast<uInt>(room);
    status = inflate(&stream, Z_NO_FLUSH);
    read += input - stream.avail_in;
    written += room - stream.avail_out;
    if (extent == Inflate::Beginning && written == out.size()) break;
  }
  inflateEnd(&stream);
  return written == out.size() && (status == Z_STREAM_END || extent == Inflate::Beginning);
}

ZipDirectory::Contents inflated(std::string_view record, std::span<const std::byte> stored,
                                std::size_t size, Inflate extent, const std::string& what) {
  OwnedBytes result(size);
  if (!inflateTo(stored, result.bytes, extent)) {
    throw UserError(ErrorCode::BadFile, what,
                    fmt::format("its record {} does not inflate to {} bytes", record, size),
                    "download it again");
  }
  return {result.bytes, std::move(result.owner)};
}

}  // namespace

ZipDirectory::ZipDirectory(std::span<const std::byte> file, std::shared_ptr<const void> owner,
                           std::string what)
    : file_(file),
      owner_(std::move(owner)),
      what_(std::move(what)),
      records_(DirectoryReader(file_, what_).read()) {}

ZipDirectory::Contents ZipDirectory::contents(std::string_view name, const Record& record) const {
  const auto stored = file_.subspan(record.offset, record.storedSize);
  if (!record.deflated) return {stored, owner_};

  // Deflate can promise a thousand times its size; weights never shrink like that.
  constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{64} << 20;
  constexpr std::uint64_t kLargestRatio = 20;
  if (record.size > kAlwaysAllowed && record.size / kLargestRatio > record.storedSize) {
    throw UserError(ErrorCode::BadFile, what_,
                    fmt::format("its record {} claims to inflate {} bytes to {}", name,
                                record.storedSize, record.size));
  }
  return inflated(name, stored, record.size, Inflate::Whole, what_);
}

ZipDirectory::Contents ZipDirectory::beginning(std::string_view name, const Record& record,
                                               std::size_t size) const {
  size = std::min<std::uint64_t>(size, record.size);
  const auto stored = file_.subspan(record.offset, record.storedSize);
  if (!record.deflated) return {stored.first(size), owner_};
  return inflated(name, stored, size, Inflate::Beginning, what_);
}

}  // namespace featurescope
