// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/tensor_numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>

namespace featurescope {
namespace {

using ::testing::ElementsAre;

template <class Element>
std::vector<double> numbersOf(DType dtype, const std::vector<Element>& elements) {
  return featurescope::numbersOf({.dtype = dtype,
                                  .shape = {std::ssize(elements)},
                                  .bytes = std::as_bytes(std::span(elements)),
                                  .owner = nullptr});
}

TEST(NumbersOfATensor, AreItsElementsWhateverTheirType) {
  EXPECT_THAT(numbersOf<double>(DType::F64, {0.1, -3}), ElementsAre(0.1, -3));
  EXPECT_THAT(numbersOf<float>(DType::F32, {0.5F, 7}), ElementsAre(0.5, 7));
  EXPECT_THAT(numbersOf<std::int64_t>(DType::I64, {-5, std::int64_t{1} << 40}),
              ElementsAre(-5, std::ldexp(1, 40)));
  EXPECT_THAT(numbersOf<std::int32_t>(DType::I32, {-5, 5}), ElementsAre(-5, 5));
  EXPECT_THAT(numbersOf<std::int16_t>(DType::I16, {-5, 5}), ElementsAre(-5, 5));
  EXPECT_THAT(numbersOf<std::int8_t>(DType::I8, {-5, 5}), ElementsAre(-5, 5));
  EXPECT_THAT(numbersOf<std::uint8_t>(DType::U8, {200, 5}), ElementsAre(200, 5));
  EXPECT_THAT(numbersOf<std::uint8_t>(DType::Bool, {0, 1}), ElementsAre(0, 1));
  EXPECT_THAT(numbersOf<float>(DType::F32, {}), ElementsAre());
}

// IEEE 754-2008, table of binary16: 1, -2, the largest, the smallest normal and subnormal numbers.
TEST(NumbersOfATensor, OfHalfPrecisionAreThoseOfTheStandard) {
  EXPECT_THAT(
      numbersOf<std::uint16_t>(DType::F16, {0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001, 0x8000}),
      ElementsAre(1, -2, 65504, std::ldexp(1, -14), std::ldexp(1, -24), -0.0));
  const auto special = numbersOf<std::uint16_t>(DType::F16, {0x7C00, 0xFC00, 0x7E00});
  EXPECT_EQ(special[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(special[1], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(special[2]));
}

TEST(NumbersOfATensor, OfBfloat16AreTheUpperHalfOfAFloat) {
  EXPECT_THAT(numbersOf<std::uint16_t>(DType::BF16, {0x3F80, 0xC000, 0x3E80}),
              ElementsAre(1, -2, 0.25));
}

}  // namespace
}  // namespace featurescope
