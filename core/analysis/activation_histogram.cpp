// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/activation_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace featurescope {

namespace {

/// 2^0, 2^(1/4), 2^(1/2), 2^(3/4).
constexpr std::array<float, ActivationHistogram::kBinsPerOctave> kWithinOctave{
    1.0F, 1.189207115F, 1.414213562F, 1.681792831F};

constexpr int kMantissaBits = 23, kExponentBias = 127;

}  // namespace

ActivationHistogram::ActivationHistogram(std::int64_t features)
    : counts_(static_cast<std::size_t>(features)) {}

void ActivationHistogram::add(const CodeByFeature& columns) {
  columns.forEachFeature([this](std::size_t feature, const CodeByFeature::Column& column) {
    Counts& counts = counts_[feature];
    for (const float value : column.values) ++counts[static_cast<std::size_t>(binOf(value))];
  });
}

int ActivationHistogram::binOf(float value) {
  // The exponent tells the octave, the mantissa (as a number from 1 to 2) the bin within it. A
  // subnormal's exponent is the smallest one: the first bin.
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const int exponent = static_cast<int>(bits >> kMantissaBits) - kExponentBias;
  if (exponent < kLowestExponent) return 0;
  if (exponent >= kHighestExponent) return kBins - 1;
  constexpr std::uint32_t kMantissa = (1U << kMantissaBits) - 1;
  constexpr std::uint32_t kOne = static_cast<std::uint32_t>(kExponentBias) << kMantissaBits;
  const auto mantissa = std::bit_cast<float>((bits & kMantissa) | kOne);
  int bin = (exponent - kLowestExponent) * kBinsPerOctave;
  for (std::size_t i = 1; i < kWithinOctave.size(); ++i) {
    bin += static_cast<int>(mantissa >= kWithinOctave[i]);
  }
  return bin;
}

double ActivationHistogram::lowerEdge(int bin) {
  if (bin == 0) return 0;
  if (bin == kBins) return 0x1p128;
  const float withinOctave = kWithinOctave[static_cast<std::size_t>(bin % kBinsPerOctave)];
  return std::ldexp(static_cast<double>(withinOctave), kLowestExponent + bin / kBinsPerOctave);
}

}  // namespace featurescope
