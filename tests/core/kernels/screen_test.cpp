// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/screen.h"

#include "tests/core/kernels/random_matrix.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace featurescope {
namespace {

float widened(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// A matrix, what screening makes of it, and the pairs that it lets through.
class ScreenTest : public ::testing::Test {
 protected:
  /// The product of the rounded rows, summed as the worst hardware does it: in order, cut off
  /// instead of rounded, small numbers flushed.
  void screen(const OwnedMatrix<float>& tokens, const OwnedMatrix<float>& features,
              const std::vector<float>& bias) {
    OwnedMatrix<std::uint16_t> roundedTokens(tokens.view.rows, tokens.view.columns),
        roundedFeatures(features.view.rows, features.view.columns),
        product(tokens.view.rows, features.view.rows);
    RoundedRows ofTokens, ofFeatures;
    roundRows(tokens.view, roundedTokens.view, ofTokens);
    roundRows(features.view, roundedFeatures.view, ofFeatures);
    for (std::int64_t t = 0; t < tokens.view.rows; ++t) {
      for (std::int64_t m = 0; m < features.view.rows; ++m) {
        float sum = 0;
        for (std::int64_t i = 0; i < tokens.view.columns; ++i) {
          const double exact =
              static_cast<double>(sum) + static_cast<double>(widened(roundedTokens.view(t, i))) *
                                             widened(roundedFeatures.view(m, i));
          sum = cutOff(exact);
        }
        OwnedMatrix<float> one(1, 1);
        one.view(0, 0) = sum;
        RoundedRows unused;
        plain::roundRows(one.view, {&product.view(t, m), 1, 1}, unused);
      }
    }
    const Screen screen{product.view, ofTokens, ofFeatures, bias, tokens.view.columns};
    std::vector<std::int64_t> counts(static_cast<std::size_t>(tokens.view.rows));
    countCandidates(screen, counts);
    candidates(screen, counts, pattern_);
    SparseMatrix expected;
    plain::candidates(screen, expected);
    EXPECT_EQ(pattern_.indptr, expected.indptr);
    EXPECT_EQ(pattern_.indices, expected.indices);
  }

  /// Every entry that any of three float32 evaluations finds > 0 is a candidate.
  void expectNoneMissed(const OwnedMatrix<float>& tokens, const OwnedMatrix<float>& features,
                        const std::vector<float>& bias) {
    screen(tokens, features, bias);
    std::set<std::pair<std::int64_t, std::int64_t>> let;
    for (std::int64_t t = 0; t < pattern_.rows(); ++t) {
      for (std::int64_t e = pattern_.indptr[t]; e < pattern_.indptr[t + 1]; ++e) {
        let.emplace(t, pattern_.indices[e]);
      }
    }
    for (std::int64_t t = 0; t < tokens.view.rows; ++t) {
      for (std::int64_t m = 0; m < features.view.rows; ++m) {
        float forwards = 0, backwards = 0;
        double exact = 0;
        const std::int64_t width = tokens.view.columns;
        for (std::int64_t i = 0; i < width; ++i) {
          forwards += tokens.view(t, i) * features.view(m, i);
          backwards += tokens.view(t, width - 1 - i) * features.view(m, width - 1 - i);
          exact += static_cast<double>(tokens.view(t, i)) * features.view(m, i);
        }
        const float b = bias[static_cast<std::size_t>(m)];
        const bool active = forwards + b > 0 || backwards + b > 0 || exact + b > 0;
        positive_ += static_cast<int>(active);
        if (active) {
          ASSERT_TRUE(let.contains({t, m})) << t << " " << m << " " << exact + b;
        }
      }
    }
  }

  SparseMatrix pattern_;
  int positive_ = 0;

 private:
  static float cutOff(double exact) {
    auto value = static_cast<float>(exact);
    if (std::abs(static_cast<double>(value)) > std::abs(exact)) value = std::nextafter(value, 0.0F);
    return std::abs(value) < std::numeric_limits<float>::min() ? 0.0F : value;
  }
};

std::vector<float> biases(std::int64_t count, float bias) {
  return std::vector<float>(static_cast<std::size_t>(count), bias);
}

TEST_F(ScreenTest, MissesNoneOfRandomRowsAndLetsFewThrough) {
  const OwnedMatrix<float> tokens = randomMatrix(40, 131, 1), features = randomMatrix(70, 131, 2);
  // 2 of the products' standard deviations
  expectNoneMissed(tokens, features, biases(70, -2 * std::sqrt(131.0F)));
  EXPECT_GT(positive_, 20);
  EXPECT_LT(pattern_.nonZeros(), 2 * positive_);
}

TEST_F(ScreenTest, MissesNoneWhereTheProductCancels) {
  // Each row twice, the second time negated but for a trifle: every product is almost 0.
  OwnedMatrix<float> tokens(30, 64), features(50, 64);
  RandomStream random(3);
  for (const OwnedMatrix<float>* matrix : {&tokens, &features}) {
    const double sign = matrix == &tokens ? 1 : -1;
    for (std::int64_t i = 0; i < matrix->view.rows; ++i) {
      for (std::int64_t c = 0; c < 32; ++c) {
        const double value = 1000 * random.normal();
        matrix->view(i, c) = static_cast<float>(value);
        matrix->view(i, c + 32) = static_cast<float>(sign * value * (1 + 1e-6 * random.normal()));
      }
    }
  }
  for (const float bias : {0.0F, 1e-3F, -1e-3F}) {
    expectNoneMissed(tokens, features, biases(50, bias));
  }
}

TEST_F(ScreenTest, MissesNoneWhereTheBiasCancelsTheProduct) {
  const OwnedMatrix<float> tokens = randomMatrix(1, 96, 5), features = randomMatrix(60, 96, 6);
  for (const double nudge : {-1e-5, 0.0, 1e-5}) {
    std::vector<float> bias;
    for (std::int64_t m = 0; m < 60; ++m) {
      double product = 0;
      for (std::int64_t i = 0; i < 96; ++i) {
        product += static_cast<double>(tokens.view(0, i)) * features.view(m, i);
      }
      bias.push_back(static_cast<float>(-product + nudge));
    }
    expectNoneMissed(tokens, features, bias);
  }
}

TEST_F(ScreenTest, MissesNoneOfAnySize) {
  for (const double scale : {1e-44, 1e-38, 1e-30, 1e-20, 1e-10, 1e10, 1e18, 1e30, 3e37}) {
    for (const double other : {1e-30, 1.0, 1e15}) {
      const OwnedMatrix<float> tokens = randomMatrix(6, 33, 7, scale);
      const OwnedMatrix<float> features = randomMatrix(20, 33, 8, other);
      for (const float bias : {0.0F, -1e-30F, static_cast<float>(-scale * other)}) {
        expectNoneMissed(tokens, features, biases(20, bias));
      }
    }
  }
}

TEST_F(ScreenTest, LetsThroughWhatIsNoNumber) {
  OwnedMatrix<float> tokens = randomMatrix(2, 40, 9);
  const OwnedMatrix<float> features = randomMatrix(3, 40, 10);
  tokens.view(1, 5) = std::numeric_limits<float>::infinity();
  screen(tokens, features, biases(3, -1e6F));
  EXPECT_EQ(pattern_.indptr, (std::vector<std::int64_t>{0, 0, 3}));
}

TEST_F(ScreenTest, LetsNothingThroughThatIsFarBelowZero) {
  screen(randomMatrix(5, 64, 1), randomMatrix(130, 64, 2), biases(130, -1000));
  EXPECT_EQ(pattern_.nonZeros(), 0);
}

TEST_F(ScreenTest, RoundsAsItsPlainTwin) {
  for (const std::int64_t columns : {1, 31, 32, 77}) {
    OwnedMatrix<float> rows = randomMatrix(19, columns, 11);
    rows.view(0, 0) = std::numeric_limits<float>::denorm_min();
    rows.view(1, 0) = std::numeric_limits<float>::max();
    OwnedMatrix<std::uint16_t> fast(19, columns), exact(19, columns);
    RoundedRows bounds, norms;
    roundRows(rows.view, fast.view, bounds);
    plain::roundRows(rows.view, exact.view, norms);
    EXPECT_EQ(fast.elements, exact.elements);
    for (std::size_t i = 0; i < 19; ++i) {
      EXPECT_GE(bounds.norms[i], norms.norms[i]) << i;
      EXPECT_GE(bounds.errors[i], norms.errors[i]) << i;
      if (i > 1) {
        EXPECT_LE(bounds.norms[i], norms.norms[i] * 1.01) << i;
      }
    }
  }
}

TEST_F(ScreenTest, RoundsToTheNearestAndTiesToEven) {
  OwnedMatrix<float> rows(1, 4);
  rows.view(0, 0) = 1 + 1.0F / 256;    // half way to 1 + 1/128: 1 is even
  rows.view(0, 1) = 1 + 3.0F / 256;    // half way from 1 + 1/128 to 1 + 2/128, which is even
  rows.view(0, 2) = -1 - 1.01F / 256;  // nearer to −(1 + 1/128)
  rows.view(0, 3) = 1e-40F;            // below the normal numbers
  OwnedMatrix<std::uint16_t> rounded(1, 4);
  RoundedRows bounds;
  roundRows(rows.view, rounded.view, bounds);
  EXPECT_EQ(widened(rounded.view(0, 0)), 1);
  EXPECT_EQ(widened(rounded.view(0, 1)), 1 + 2.0F / 128);
  EXPECT_EQ(widened(rounded.view(0, 2)), -1 - 1.0F / 128);
  EXPECT_EQ(widened(rounded.view(0, 3)), 0);
}

}  // namespace
}  // namespace featurescope
