// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kernels/rotary.h"

#include "tests/core/kernels/random_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace featurescope {
namespace {

struct RotaryShape {
  std::int64_t rows, length, heads, headWidth, rotated;
};

std::ostream& operator<<(std::ostream& out, const RotaryShape& shape) {
  return out << shape.rows << " × " << shape.length << ", " << shape.heads << " heads of "
             << shape.headWidth << ", " << shape.rotated << " turned";
}

/// Numbers of a product, with the tables of its positions' angles.
struct Projected {
  explicit Projected(const RotaryShape& s)
      : values(randomMatrix(s.rows * s.length * s.heads * 3, s.headWidth, 1)),
        cosine(randomMatrix(s.length, s.rotated, 2)),
        sine(randomMatrix(s.length, s.rotated, 3)),
        shape(s) {}

  [[nodiscard]] QueryKeyValue view() const {
    return {values.view.data, shape.rows, shape.length, shape.heads, shape.headWidth};
  }
  [[nodiscard]] std::span<const float> cosines() const { return all(cosine); }
  [[nodiscard]] std::span<const float> sines() const { return all(sine); }

  OwnedMatrix<float> values, cosine, sine;
  RotaryShape shape;

 private:
  static std::span<const float> all(const OwnedMatrix<float>& matrix) {
    return {matrix.view.data, static_cast<std::size_t>(matrix.view.rows * matrix.view.columns)};
  }
};

class Rotary : public ::testing::TestWithParam<RotaryShape> {};

TEST_P(Rotary, TurnsAsItsPlainTwin) {
  const Projected fast(GetParam()), exact(GetParam());
  rotateQueriesAndKeys(fast.view(), fast.cosines(), fast.sines());
  plain::rotateQueriesAndKeys(exact.view(), exact.cosines(), exact.sines());
  for (std::int64_t i = 0; i < fast.values.view.rows * fast.values.view.columns; ++i) {
    ASSERT_NEAR(fast.values.view.data[i], exact.values.view.data[i], 1e-6) << i;
  }
}

TEST_P(Rotary, LeavesValuesAndWhatIsNotTurned) {
  const Projected turned(GetParam()), before(GetParam());
  rotateQueriesAndKeys(turned.view(), turned.cosines(), turned.sines());
  for (std::int64_t v = 0; v < turned.values.view.rows; ++v) {
    const std::int64_t first = v % 3 == 2 ? 0 : GetParam().rotated;
    for (std::int64_t i = first; i < GetParam().headWidth; ++i) {
      ASSERT_EQ(turned.values.view(v, i), before.values.view(v, i)) << v << ", " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Rotary,
                         ::testing::Values(RotaryShape{1, 1, 1, 2, 2}, RotaryShape{2, 3, 2, 8, 2},
                                           RotaryShape{3, 7, 5, 33, 30},
                                           RotaryShape{2, 5, 3, 64, 0},
                                           RotaryShape{8, 129, 8, 64, 16},
                                           RotaryShape{1, 40, 4, 32, 32},
                                           RotaryShape{0, 4, 2, 8, 4}));

/// A closed form: what is turned by an angle and the angle's opposite is where it was, and the
/// product of a query and a key depends on how far apart they are alone.
TEST(RotaryAngles, KeepTheProductOfQueryAndKeyAtADistance) {
  const std::int64_t length = 12, half = 4;
  std::vector<float> cosine, sine;
  for (std::int64_t p = 0; p < length; ++p) {
    for (std::int64_t i = 0; i < 2 * half; ++i) {
      const double angle = static_cast<double>(p) * std::pow(10.0, -static_cast<double>(i % half));
      cosine.push_back(static_cast<float>(std::cos(angle)));
      sine.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  const OwnedMatrix<float> one = randomMatrix(3, 2 * half, 4);
  OwnedMatrix<float> values(3 * length, 2 * half);
  for (std::int64_t i = 0; i < values.view.rows * values.view.columns; ++i) {
    values.view.data[i] = one.view.data[i % (3 * 2 * half)];
  }
  rotateQueriesAndKeys({values.view.data, 1, length, 1, 2 * half}, cosine, sine);
  const auto product = [&](std::int64_t query, std::int64_t key) {
    double sum = 0;
    for (std::int64_t i = 0; i < 2 * half; ++i) {
      sum += static_cast<double>(values.view(3 * query, i)) * values.view(3 * key + 1, i);
    }
    return sum;
  };
  for (std::int64_t p = 3; p < length; ++p) {
    EXPECT_NEAR(product(p, p - 3), product(3, 0), 1e-5);
    EXPECT_NEAR(product(p, p), product(0, 0), 1e-5);
  }
}

}  // namespace
}  // namespace featurescope
