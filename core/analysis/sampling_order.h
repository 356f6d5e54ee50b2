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

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t offset_;
};

}  // namespace featurescope
