// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace featurescope {

/// A reproducible stream of random numbers: the same seed and purpose give the same numbers on
/// every machine and library version (std's distributions do not promise that). Generator:
/// xoshiro256** by Blackman and Vigna, seeded by SplitMix64.
class RandomStream {
 public:
  using State = std::array<std::uint64_t, 4>;

  /// Streams of one seed with different purposes ("shuffle", "resample") are independent.
  explicit RandomStream(std::uint64_t seed, std::string_view purpose = {});
  explicit RandomStream(const State& state) : state_(state) {}

  [[nodiscard]] std::uint64_t next();
  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] double uniform();
  /// Uniform in [0, bound) without bias; bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box–Muller, the pair's second value is not kept).
  [[nodiscard]] double normal();

  /// Everything needed to continue the stream later.
  [[nodiscard]] const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace featurescope
