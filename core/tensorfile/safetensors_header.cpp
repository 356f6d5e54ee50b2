// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/safetensors_header.h"

#include "core/base/error.h"
#include "core/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace featurescope {

namespace {

constexpr std::uint64_t kLengthSize = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;

/// Types that safetensors defines and DType leaves out, with their sizes in bits.
struct UnreadType {
  std::string_view name;
  std::size_t bits;
};
constexpr std::array kUnreadTypes{
    UnreadType{"F4", 4},          UnreadType{"F6_E2M3", 6},     UnreadType{"F6_E3M2", 6},
    UnreadType{"F8_E4M3", 8},     UnreadType{"F8_E5M2", 8},     UnreadType{"F8_E8M0", 8},
    UnreadType{"F8_E4M3FNUZ", 8}, UnreadType{"F8_E5M2FNUZ", 8}, UnreadType{"U16", 16},
    UnreadType{"U32", 32},        UnreadType{"U64", 64},        UnreadType{"C64", 64},
};

std::optional<std::size_t> bitsOf(std::string_view type) {
  if (const auto dtype = dtypeNamed(type)) return 8 * itemSize(*dtype);
  for (const UnreadType& unread : kUnreadTypes) {
    if (unread.name == type) return unread.bits;
  }
  return std::nullopt;
}

/// Begin and end of a tensor's bytes, counted from the end of the header.
struct Extent {
  std::uint64_t begin;
  std::uint64_t end;
  std::string name;
};

class HeaderParser {
 public:
  HeaderParser(std::span<const std::byte> file, const std::string& what)
      : file_(file), what_(what) {}

  SafetensorsHeader parse() {
    const std::string_view text = headerText();
    const Json json = parseJson(text, what_);
    if (!json.is_object()) fail("its header is not a JSON object");
    for (const auto& [key, value] : json.items()) {
      if (key == "__metadata__") {
        takeMetadata(value);
      } else {
        takeTensor(key, value);
      }
    }
    checkExtents();
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail(std::string why, std::string next = {}) const {
    throw UserError(ErrorCode::BadFile, what_, std::move(why), std::move(next));
  }

  [[noreturn]] void failTruncated(std::uint64_t expected) const {
    fail(fmt::format("it ends after {} of {} bytes", file_.size(), expected), "download it again");
  }

  std::string_view headerText() {
    if (file_.size() < kLengthSize) failTruncated(kLengthSize);
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthSize; ++i) {
      length |= std::to_integer<std::uint64_t>(file_[i]) << (8 * i);
    }
    if (length > kLongestHeader) {
      fail(fmt::format("its header claims {} bytes, more than the {} that safetensors allows",
                       length, kLongestHeader));
    }
    dataStart_ = kLengthSize + length;
    if (dataStart_ > file_.size()) failTruncated(dataStart_);
    const std::string_view text(reinterpret_cast<const char*>(file_.data()) + kLengthSize, length);
    if (!text.starts_with('{')) fail("its header is not a JSON object");
    // nlohmann takes a NUL for the end of the text.
    if (text.find('\0') != std::string_view::npos) fail("its header holds a NUL character");
    return text;
  }

  void takeMetadata(const Json& value) {
    if (!value.is_object()) fail("its __metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("its __metadata__ \"{}\" is not a string", key));
      header_.metadata.emplace(key, text.get<std::string>());
    }
  }

  void takeTensor(const std::string& name, const Json& info) {
    if (!info.is_object()) fail(fmt::format("its entry {} is not an object", name));
    const auto type = member<std::string>(info, "dtype", entryWhat(name));
    const auto bits = bitsOf(type);
    if (!bits) fail(fmt::format("its tensor {} has the unknown type {}", name, type));
    std::vector<std::int64_t> shape = shapeOf(name, info);
    const Extent extent = extentOf(name, info);
    if (extent.end - extent.begin != sizeOf(name, *bits, shape)) {
      fail(fmt::format("its tensor {} {} of type {} lies in {} bytes, which does not fit", name,
                       shapeText(shape), type, extent.end - extent.begin));
    }
    extents_.push_back(extent);
    if (const auto dtype = dtypeNamed(type)) {
      header_.places[name] = {dataStart_ + extent.begin, extent.end - extent.begin};
      header_.entries[name] = {*dtype, std::move(shape)};
    } else {
      header_.unread[name] = type;
    }
  }

  std::string entryWhat(const std::string& name) const {
    return fmt::format("{}: tensor {}", what_, name);
  }

  std::vector<std::int64_t> shapeOf(const std::string& name, const Json& info) const {
    const auto found = info.find("shape");
    if (found == info.end() || !found->is_array()) fail(fmt::format("{} has no shape", name));
    std::vector<std::int64_t> shape;
    for (const Json& dimension : *found) {
      constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
      if (!dimension.is_number_unsigned() || dimension.get<std::uint64_t>() > kLargest) {
        fail(fmt::format("the shape of {} holds {}, which is no size", name, shortDump(dimension)));
      }
      shape.push_back(dimension.get<std::int64_t>());
    }
    return shape;
  }

  Extent extentOf(const std::string& name, const Json& info) const {
    const auto found = info.find("data_offsets");
    const bool fits = found != info.end() && found->is_array() && found->size() == 2 &&
                      (*found)[0].is_number_unsigned() && (*found)[1].is_number_unsigned();
    if (!fits) fail(fmt::format("{} has no data_offsets of two whole numbers", name));
    Extent extent{(*found)[0].get<std::uint64_t>(), (*found)[1].get<std::uint64_t>(), name};
    if (extent.begin > extent.end) {
      fail(fmt::format("the data of {} ends before it begins", name));
    }
    return extent;
  }

  std::uint64_t sizeOf(const std::string& name, std::size_t bits,
                       const std::vector<std::int64_t>& shape) const {
    // As byteCount, but in bits: some types are smaller than a byte.
    std::uint64_t size = bits;
    bool empty = false;
    bool overflow = false;
    for (const std::int64_t dimension : shape) {
      if (dimension == 0) empty = true;
      const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(dimension, 1));
      overflow = overflow || __builtin_mul_overflow(size, factor, &size);
    }
    if (overflow || size % 8 != 0) {
      fail(fmt::format("the shape {} of {} is no size of an array", shapeText(shape), name));
    }
    return empty ? 0 : size / 8;
  }

  /// The tensors' bytes follow each other without holes up to the end of the file.
  void checkExtents() {
    std::sort(extents_.begin(), extents_.end(), [](const Extent& a, const Extent& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t end = 0;
    for (const Extent& extent : extents_) {
      if (extent.begin != end) {
        fail(fmt::format("the data of {} begins at {}, where {} is expected", extent.name,
                         extent.begin, end));
      }
      end = extent.end;
    }
    std::uint64_t expected = 0;
    if (__builtin_add_overflow(dataStart_, end, &expected)) fail("its data_offsets overflow");
    if (file_.size() < expected) failTruncated(expected);
    if (file_.size() > expected) {
      fail(fmt::format("it holds {} bytes after its last tensor", file_.size() - expected));
    }
  }

  static std::string shortDump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 40);
  }

  std::span<const std::byte> file_;
  const std::string& what_;
  std::uint64_t dataStart_ = 0;
  std::vector<Extent> extents_;
  SafetensorsHeader header_;
};

}  // namespace

SafetensorsHeader parseSafetensorsHeader(std::span<const std::byte> file, const std::string& what) {
  return HeaderParser(file, what).parse();
}

}  // namespace featurescope
