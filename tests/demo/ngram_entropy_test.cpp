// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/ngram_entropy.h"

#include <gtest/gtest.h>

#include <cmath>

namespace featurescope::demo {
namespace {

// Training a b a b a a over a vocabulary of three: a four times, b twice, c never.
const std::vector<TokenId> kTraining = {{0}, {1}, {0}, {1}, {0}, {0}};

TEST(NgramEntropy, OfUnigramsIsTheAddOneEstimate) {
  const NgramCounts counts(kTraining, 3);
  const std::vector<TokenId> text = {{0}, {0}, {1}, {2}};
  const double expected = -(std::log(5.0 / 9) + std::log(3.0 / 9) + std::log(1.0 / 9)) / 3;
  EXPECT_NEAR(counts.unigramEntropy(text), expected, 1e-12);
}

TEST(NgramEntropy, OfBigramsIsTheWittenBellEstimate) {
  const NgramCounts counts(kTraining, 3);
  // After a (followed three times, by two different tokens): b twice. After b, always a: c unseen.
  const std::vector<TokenId> text = {{0}, {1}, {2}};
  const double afterA = (2 + 2 * 3.0 / 9) / (3 + 2);
  const double afterB = (0 + 1 * 1.0 / 9) / (2 + 1);
  EXPECT_NEAR(counts.bigramEntropy(text), -(std::log(afterA) + std::log(afterB)) / 2, 1e-12);
}

TEST(NgramEntropy, ProbabilitiesOfAllFollowersSumToOne) {
  const NgramCounts counts(kTraining, 3);
  double sum = 0;
  for (std::int32_t token = 0; token < 3; ++token) {
    const std::vector<TokenId> text = {{0}, {token}};
    sum += std::exp(-counts.bigramEntropy(text));
  }
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

}  // namespace
}  // namespace featurescope::demo
