// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace featurescope {

namespace {

struct TypeFacts {
  DType dtype;
  std::string_view name;
  std::size_t itemSize;
};

constexpr std::array<TypeFacts, 10> kTypes{{{DType::F64, "F64", 8},
                                            {DType::F32, "F32", 4},
                                            {DType::F16, "F16", 2},
                                            {DType::BF16, "BF16", 2},
                                            {DType::I64, "I64", 8},
                                            {DType::I32, "I32", 4},
                                            {DType::I16, "I16", 2},
                                            {DType::I8, "I8", 1},
                                            {DType::U8, "U8", 1},
                                            {DType::Bool, "BOOL", 1}}};

const TypeFacts& factsOf(DType dtype) { return kTypes.at(static_cast<std::size_t>(dtype)); }

}  // namespace

std::size_t itemSize(DType dtype) { return factsOf(dtype).itemSize; }

std::string_view name(DType dtype) { return factsOf(dtype).name; }

std::optional<DType> dtypeNamed(std::string_view name) {
  for (const TypeFacts& facts : kTypes) {
    if (facts.name == name) return facts.dtype;
  }
  return std::nullopt;
}

std::optional<std::size_t> byteCount(DType dtype, std::span<const std::int64_t> shape) {
  std::int64_t size = static_cast<std::int64_t>(itemSize(dtype));
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(size, dimension, &size)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : static_cast<std::size_t>(size);
}

std::string shapeText(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::int64_t Tensor::elements() const {
  return static_cast<std::int64_t>(bytes.size() / itemSize(dtype));
}

std::string Tensor::shapeText() const { return featurescope::shapeText(shape); }

}  // namespace featurescope
