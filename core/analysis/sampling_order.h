// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>

namespace featurescope {

/// The order in which positions are drawn: a pseudorandom key for each, a pure function of the seed
/// and the position. The positions of smallest key in any set of positions are a uniform random
/// sample of that set without replacement, whatever the batches they came in. SplitMix64's output
/// function, which maps 64 bits one to one: no two positions of a stream tie.
class SamplingOrder {
 public:
  explicit SamplingOrder(std::uint64_t seed) : offset_(mix(seed + kStep)) {}

  [[nodiscard]] std::uint64_t key(Position position) const {
    return mix(offset_ + kStep * static_cast<std::uint64_t>(position));
  }
  /// The position that has this key.
  [[nodiscard]] Position position(std::uint64_t key) const {
    return static_cast<Position>((unmix(key) - offset_) * inverse(kStep));
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  static constexpr std::uint64_t kFirst = 0xbf58476d1ce4e5b9ULL, kSecond = 0x94d049bb133111ebULL;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * kFirst;
    z = (z ^ (z >> 27)) * kSecond;
    return z ^ (z >> 31);
  }
  static std::uint64_t unmix(std::uint64_t z) {
    z = (z ^ (z >> 31) ^ (z >> 62)) * inverse(kSecond);
    z = (z ^ (z >> 27) ^ (z >> 54)) * inverse(kFirst);
    return z ^ (z >> 30) ^ (z >> 60);
  }
  /// Of an odd number modulo 2⁶⁴. It is its own inverse modulo 8; each of Newton's steps doubles
  /// the bits that are right.
  static constexpr std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t result = odd;
    for (int bits = 3; bits < 64; bits *= 2) result *= 2 - odd * result;
    return result;
  }

  std::uint64_t offset_;
};

}  // namespace featurescope
