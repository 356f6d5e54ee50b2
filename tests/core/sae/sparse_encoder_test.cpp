// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/screened_encoder_torch.h"
#include "core/sae/sparse_decoder_torch.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/sae/views_torch.h"
#include "tests/core/sae/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kTokens = 150, kWidth = 96, kFeatures = 517;

/// Random, with a bias that leaves a few percent of the features active.
AutoencoderParameters sparseParameters() {
  at::manual_seed(3);
  return {at::randn({kWidth, kFeatures}) / std::sqrt(kWidth), at::randn({kFeatures, kWidth}),
          at::full({kFeatures}, -2.0F) + 0.3 * at::randn({kFeatures}), 0.1 * at::randn({kWidth})};
}

Autoencoder ofArchitecture(Architecture architecture) {
  AutoencoderParameters parameters = sparseParameters();
  if (architecture == Architecture::JumpRelu || architecture == Architecture::BatchTopK) {
    parameters.threshold = 0.5 * at::randn({kFeatures});  // below 0 some, too
  }
  if (architecture == Architecture::Gated) {
    parameters.r_mag = 0.5 * at::randn({kFeatures});
    parameters.b_mag = at::randn({kFeatures}) - 1;
  }
  return Autoencoder(parameters, {architecture, 7});
}

at::Tensor dense(const SparseCode& code) {
  at::Tensor f = at::zeros({code.rows(), code.features});
  auto rows = f.accessor<float, 2>();
  for (std::int64_t t = 0; t < code.rows(); ++t) {
    for (std::int64_t e = code.indptr[t]; e < code.indptr[t + 1]; ++e) {
      EXPECT_GT(code.values[e], 0);
      if (e > code.indptr[t]) {
        EXPECT_LT(code.indices[e - 1], code.indices[e]);
      }
      rows[t][code.indices[e]] = code.values[e];
    }
  }
  return f;
}

/// `f` is `exact`, but for the rounding of float32's sums of terms of size `scale`.
void expectIs(const at::Tensor& f, const at::Tensor& exact, double scale) {
  EXPECT_LE((f.to(at::kDouble) - exact.to(at::kDouble)).abs().max().item<double>(), 1e-5 * scale);
}

TEST(SparseDecoder, IsTheDenseDecoderFromNoneToAllActive) {
  AutoencoderParameters parameters = sparseParameters();
  parameters.W_skip = at::randn({kWidth, kWidth});
  const Autoencoder sae(parameters);
  at::manual_seed(5);
  const at::Tensor x = at::randn({kTokens, kWidth});
  for (const double share : {0.0, 0.01, 0.5, 1.0}) {
    const at::Tensor f = at::rand({kTokens, kFeatures}) * at::rand({kTokens, kFeatures}).lt(share);
    SparseCode code;
    code.features = kFeatures;
    appendActive(viewOf(f), code);
    expectIs(toDense(code), f, 0);
    expectIs(decode(sae, code, x), sae.decode(f, x), std::sqrt(kFeatures));
  }
}

TEST(SparseDecoder, RestoresTheScaleOfANormalisingSae) {
  const Autoencoder sae = Autoencoder::load(testing::golden("formats/lens-standard-layer"));
  const at::Tensor x = 3 * at::randn({kTokens, sae.width()}) + 1;
  SparseCode code;
  code.features = sae.features();
  at::Tensor f = at::zeros({kTokens, sae.features()});
  f.select(1, 0).fill_(0.5F);
  appendActive(viewOf(std::as_const(f)), code);
  expectIs(decode(sae, code, x), sae.decode(f, x), 10);
}

class EveryArchitecture : public ::testing::TestWithParam<Architecture> {};

TEST_P(EveryArchitecture, HasTheDenseEncodersFeaturesInBatchesOfAnySize) {
  const Autoencoder sae = ofArchitecture(GetParam());
  at::manual_seed(4);
  const at::Tensor x = at::randn({kTokens, kWidth});
  const at::Tensor exact = sae.encode(x);
  ASSERT_GT(exact.gt(0).sum().item<std::int64_t>(), kTokens);
  for (const std::int64_t batch : {std::int64_t{1}, std::int64_t{64}, kTokens}) {
    SparseEncoder encoder(sae);
    SparseCode code;
    for (std::int64_t first = 0; first < kTokens; first += batch) {
      encoder.encode(x.narrow(0, first, std::min(batch, kTokens - first)), code);
    }
    expectIs(dense(code), exact, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryArchitecture,
                         ::testing::Values(Architecture::Standard, Architecture::TopK,
                                           Architecture::JumpRelu, Architecture::BatchTopK,
                                           Architecture::Gated));

TEST(SparseEncoder, ReadsTheInputAsItIsWhereTheAutoencoderDoes) {
  const Autoencoder sae(sparseParameters(), {}, /*subtractsDecoderBias=*/false);
  const at::Tensor x = at::randn({kWidth, kTokens}).t();  // not contiguous
  SparseCode code;
  SparseEncoder(sae).encode(x, code);
  expectIs(dense(code), sae.encode(x), 1);
}

TEST(SparseEncoder, GoesOverToDenseProductsAndBack) {
  const Autoencoder sae(sparseParameters());
  const at::Tensor few = at::randn({40, kWidth});
  const at::Tensor many = few + 10 * sae.parameters().W_enc.sum(1);  // nearly all features
  ASSERT_GT(sae.encode(many).gt(0).to(at::kFloat).mean().item<float>(), 0.5);
  SparseEncoder encoder(sae);
  SparseCode code;
  for (const at::Tensor& x : {few, many, many, few, few}) encoder.encode(x, code);
  expectIs(dense(code), sae.encode(at::cat({few, many, many, few, few})), 100);
}

TEST(SparseEncoder, GivesFineTunedFeaturesFromTheSameProducts) {
  const Autoencoder sae(sparseParameters());
  at::manual_seed(5);
  const at::Tensor x = at::randn({kTokens, kWidth});
  SparseEncoder::Scaling scaling;
  const at::Tensor c = 1 + 0.3 * at::randn({kFeatures}), d = 0.3 * at::randn({kFeatures});
  // What fires where z is not > 0: a large bias, a negative scale, none at all, a vanishing one.
  d[0] = 1.5;
  c[1] = -0.5;
  c[2] = 0;
  d[2] = 0.25;
  c[3] = 0;
  d[3] = -1;
  c[4] = 1e-42;
  d[4] = 1e-43;
  const auto *cs = c.const_data_ptr<float>(), *ds = d.const_data_ptr<float>();
  scaling.scale.assign(cs, cs + kFeatures);
  scaling.bias.assign(ds, ds + kFeatures);
  SparseCode code, scaled;
  SparseEncoder(sae, scaling).encode(x, code, &scaled);
  expectIs(dense(code), sae.encode(x), 1);
  const at::Tensor exact = sae.preActivations(x).mul(c).add(d).relu();
  expectIs(dense(scaled), exact, 1);
  EXPECT_TRUE(dense(scaled).gt(0).slice(1, 0, 5).equal(exact.gt(0).slice(1, 0, 5)));
}

/// What the hardware's own bfloat16 product lets through, against float32 evaluations: the bound is
/// proven for any order of sums, and here meets the one that this machine uses.
class Hostile : public ::testing::Test {
 protected:
  static void expectNoneMissed(const at::Tensor& x, const at::Tensor& columns,
                               const at::Tensor& bias) {
    ScreenedEncoder screened(x.size(0), columns.size(0), x.size(1));
    screened.setColumns(viewOf(columns));
    const std::vector<float> biases(bias.const_data_ptr<float>(),
                                    bias.const_data_ptr<float>() + bias.numel());
    screened.screen(x, biases);
    SparseMatrix byFeature;
    screened.products(viewOf(columns), x, biases, byFeature);
    at::Tensor let = at::zeros({x.size(0), columns.size(0)}, at::kBool);
    auto isLet = let.accessor<bool, 2>();
    for (std::int64_t m = 0; m < byFeature.rows(); ++m) {
      for (std::int64_t e = byFeature.indptr[m]; e < byFeature.indptr[m + 1]; ++e) {
        isLet[byFeature.indices[e]][m] = true;
      }
    }
    const at::Tensor z = x.mm(columns.t()).add_(bias);
    EXPECT_FALSE(z.gt(0).logical_and(let.logical_not()).any().item<bool>());
  }
};

TEST_F(Hostile, NoActiveFeatureIsMissedAtAnySizeOfInputAndWeights) {
  at::manual_seed(6);
  const at::Tensor x = at::randn({33, 130}), columns = at::randn({70, 130});
  for (const double size : {1e-44, 1e-38, 1e-20, 1.0, 1e15, 1e37}) {
    for (const double other : {1e-30, 1.0, 1e3}) {
      const at::Tensor given = (x * size).to(at::kFloat), rows = (columns * other).to(at::kFloat);
      const double bias = std::min(size * other, 1e38);
      for (const double sign : {-1.0, 0.0, 1.0}) {
        expectNoneMissed(given, rows, at::full({70}, sign * bias, at::kFloat));
      }
    }
  }
}

TEST_F(Hostile, NoActiveFeatureIsMissedWhereProductsCancel) {
  at::manual_seed(7);
  const at::Tensor half = 1000 * at::randn({40, 64}), rows = 1000 * at::randn({80, 64});
  const at::Tensor x = at::cat({half, half * (1 + 1e-6 * at::randn({40, 64}))}, 1);
  const at::Tensor columns = at::cat({rows, -rows}, 1);
  for (const double bias : {0.0, 1e-3, -1e-3}) {
    expectNoneMissed(x, columns, at::full({80}, bias, at::kFloat));
  }
}

TEST_F(Hostile, NoActiveFeatureIsMissedWhereTheBiasCancelsTheProduct) {
  at::manual_seed(8);
  const at::Tensor x = at::randn({1, 200}), columns = at::randn({90, 200});
  const at::Tensor products = x.mm(columns.t()).squeeze(0);
  for (const double nudge : {-1e-5, 0.0, 1e-5}) expectNoneMissed(x, columns, nudge - products);
}

}  // namespace
}  // namespace featurescope
