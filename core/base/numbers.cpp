// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/numbers.h"

#include <array>
#include <charconv>

namespace featurescope {

namespace {

template <class T>
std::string toShortest(T value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

std::string shortest(double value) { return toShortest(value); }
std::string shortest(float value) { return toShortest(value); }

}  // namespace featurescope
