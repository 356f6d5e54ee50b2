// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/npy_header.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace featurescope {

namespace {

using std::string_view_literals::operator""sv;

/// NumPy's spellings of the types that we read. A single byte has no order.
constexpr std::array<std::pair<std::string_view, DType>, 9> kTypes{{{"<f8", DType::F64},
                                                                    {"<f4", DType::F32},
                                                                    {"<f2", DType::F16},
                                                                    {"<i8", DType::I64},
                                                                    {"<i4", DType::I32},
                                                                    {"<i2", DType::I16},
                                                                    {"|i1", DType::I8},
                                                                    {"|u1", DType::U8},
                                                                    {"|b1", DType::Bool}}};

/// The header is a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
/// Only this form is read, its keys in any order.
class LiteralParser {
 public:
  LiteralParser(std::string_view text, const std::string& what) : rest_(text), what_(what) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      member(key);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (!rest_.empty() || !(hasType_ && hasOrder_ && hasShape_)) fail();
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail() const {
    throw UserError(ErrorCode::BadFile, what_, "its header is not one of NumPy's",
                    "download it again");
  }

  void skipSpace() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }

  bool accept(char wanted) {
    skipSpace();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }

  std::string_view string() {
    skipSpace();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) fail();
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) fail();
    const std::string_view text = rest_.substr(1, end - 1);
    if (text.find('\\') != std::string_view::npos) fail();
    rest_.remove_prefix(end + 1);
    return text;
  }

  void member(std::string_view key) {
    bool& seen = key == "descr" ? hasType_ : key == "fortran_order" ? hasOrder_ : hasShape_;
    if (std::exchange(seen, true)) fail();
    if (key == "descr") {
      type();
    } else if (key == "fortran_order") {
      order();
    } else if (key == "shape") {
      shape();
    } else {
      fail();
    }
  }

  void type() {
    skipSpace();
    if (rest_.starts_with('[')) {
      throw UserError(ErrorCode::Unsupported, what_, "it is an array of records",
                      "save its fields as arrays of their own");
    }
    header_.typeName = string();
    for (const auto& [name, dtype] : kTypes) {
      if (header_.typeName == name) header_.dtype = dtype;
    }
  }

  void order() {
    skipSpace();
    header_.fortranOrder = rest_.starts_with("True");
    if (!header_.fortranOrder && !rest_.starts_with("False")) fail();
    rest_.remove_prefix(header_.fortranOrder ? 4 : 5);
  }

  void shape() {
    constexpr std::size_t kMostAxes = 64;  // NumPy's own bound
    expect('(');
    while (!accept(')')) {
      header_.shape.push_back(integer());
      if (header_.shape.size() > kMostAxes) fail();
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::int64_t integer() {
    skipSpace();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string_view rest_;
  const std::string& what_;
  NpyHeader header_;
  bool hasType_ = false, hasOrder_ = false, hasShape_ = false;
};

}  // namespace

NpyHeader parseNpyHeader(std::span<const std::byte> bytes, const std::string& what) {
  constexpr auto kMagic = "\x93NUMPY"sv;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto fail = [&](const char* why) {
    throw UserError(ErrorCode::BadFile, what, why, "download it again");
  };
  if (!text.starts_with(kMagic) || text.size() < kMagic.size() + 2) fail("it is no NumPy array");
  const auto version = static_cast<unsigned char>(text[kMagic.size()]);
  if (version < 1 || version > 3) {
    throw UserError(ErrorCode::Unsupported, what,
                    fmt::format("it is a NumPy array of version {}", version));
  }
  const std::size_t lengthSize = version == 1 ? 2 : 4;
  const std::size_t start = kMagic.size() + 2 + lengthSize;
  if (text.size() < start) fail("it ends within its header");
  std::size_t length = 0;
  for (std::size_t i = 0; i < lengthSize; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(text[kMagic.size() + 2 + i]))
              << (8 * i);
  }
  if (length > kLargestNpyHeader - start) fail("its header is far too long");
  if (length > text.size() - start) fail("it ends within its header");
  NpyHeader header = LiteralParser(text.substr(start, length), what).parse();
  header.dataOffset = start + length;
  return header;
}

}  // namespace featurescope
