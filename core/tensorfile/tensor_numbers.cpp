// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/tensor_numbers.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace featurescope {

namespace {

/// IEEE 754 binary16: 5 bits of exponent, 10 of fraction.
double fromHalf(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int fraction = bits & 0x3FF;
  double size = std::ldexp(fraction, -24);
  if (exponent == 0x1F) {
    size = fraction == 0 ? std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent > 0) {
    size = std::ldexp(fraction + 0x400, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -size : size;
}

/// The upper half of a float32.
double fromBfloat16(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(std::uint32_t{bits} << 16));
}

template <class Element, class Convert>
std::vector<double> converted(const Tensor& tensor, Convert&& convert) {
  std::vector<double> numbers;
  numbers.reserve(tensor.bytes.size() / sizeof(Element));
  for (std::size_t at = 0; at + sizeof(Element) <= tensor.bytes.size(); at += sizeof(Element)) {
    Element element{};
    std::memcpy(&element, tensor.bytes.data() + at, sizeof(Element));
    numbers.push_back(convert(element));
  }
  return numbers;
}

template <class Element>
std::vector<double> cast(const Tensor& tensor) {
  return converted<Element>(tensor, [](Element element) { return static_cast<double>(element); });
}

}  // namespace

std::vector<double> numbersOf(const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::F64:
      return cast<double>(tensor);
    case DType::F32:
      return cast<float>(tensor);
    case DType::F16:
      return converted<std::uint16_t>(tensor, fromHalf);
    case DType::BF16:
      return converted<std::uint16_t>(tensor, fromBfloat16);
    case DType::I64:
      return cast<std::int64_t>(tensor);
    case DType::I32:
      return cast<std::int32_t>(tensor);
    case DType::I16:
      return cast<std::int16_t>(tensor);
    case DType::I8:
      return cast<std::int8_t>(tensor);
    case DType::U8:
    case DType::Bool:
      return cast<std::uint8_t>(tensor);
  }
  return {};
}

}  // namespace featurescope
