// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/sae/sparse_encoder_torch.h"
#include "tests/core/sae/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace featurescope {
namespace {

using testing::expectNear;
using testing::golden;
using testing::readTensor;

class Layout : public ::testing::TestWithParam<const char*> {};

TEST_P(Layout, EncodesAndDecodesAsPyTorchDoes) {
  const Autoencoder sae = Autoencoder::load(golden(GetParam()));
  const at::Tensor x = readTensor(golden("activations.safetensors"), "activations");
  const at::Tensor f = sae.encode(x);
  expectNear(f, readTensor(golden("expected.safetensors"), "features"), 1e-6);
  expectNear(sae.decode(f, x), readTensor(golden("expected.safetensors"), "reconstruction"), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Golden, Layout, ::testing::Values("saelens", "neel", "neel/25.pt"));

TEST(Autoencoder, WithoutSubtractionReadsTheInputAsItIs) {
  const Autoencoder sae = Autoencoder::load(golden("saelens_flat"));
  const at::Tensor x = readTensor(golden("activations.safetensors"), "activations");
  expectNear(sae.encode(x),
             readTensor(golden("expected_without_subtraction.safetensors"), "features"), 1e-6);
}

TEST(Autoencoder, SparseCodeHoldsThePositiveFeaturesOfEveryToken) {
  const Autoencoder sae = Autoencoder::load(golden("saelens"));
  const at::Tensor x = readTensor(golden("activations.safetensors"), "activations");
  const at::Tensor expected = readTensor(golden("expected.safetensors"), "features");
  SparseCode code;
  SparseEncoder(sae).encode(x.narrow(0, 0, 4), code);
  SparseEncoder(sae).encode(x.narrow(0, 4, 3), code);
  ASSERT_EQ(code.rows(), 7);
  at::Tensor dense = at::zeros_like(expected);
  for (std::int64_t t = 0; t < code.rows(); ++t) {
    for (auto i = code.indptr[t]; i < code.indptr[t + 1]; ++i)
      dense[t][code.indices[i]] = code.values[i];
  }
  expectNear(dense, expected, 1e-6);
  EXPECT_EQ(code.nonZeros(), expected.gt(0).sum().item<std::int64_t>());
}

TEST(Autoencoder, RefusesActivationsOfAnotherWidth) {
  const Autoencoder sae = Autoencoder::load(golden("saelens"));
  EXPECT_USER_ERROR(sae.encode(at::zeros({2, 5})), ErrorCode::ShapeMismatch, "5 values a token");
}

TEST(Autoencoder, RefusesActivationsThatAreNotFinite) {
  const Autoencoder sae = Autoencoder::load(golden("saelens"));
  at::Tensor x = at::zeros({3, 6});
  x[1][2] = std::numeric_limits<float>::quiet_NaN();
  SparseCode code;
  EXPECT_USER_ERROR(SparseEncoder(sae).encode(x, code), ErrorCode::NotFinite,
                    "not a finite number");
  EXPECT_EQ(code.rows(), 0);
}

TEST(Autoencoder, RefusesWeightsThatAreNotFinite) {
  const TemporaryFolder folder;
  AutoencoderParameters parameters = randomAutoencoder(4, 8, 0);
  parameters.b_enc[3] = std::numeric_limits<float>::infinity();
  saveSaeLens(folder.path() / "sae", parameters, {});
  EXPECT_USER_ERROR(Autoencoder::load(folder.path() / "sae"), ErrorCode::NotFinite, "b_enc");
}

TEST(RandomAutoencoder, IsKaimingUniformWithUnitDecoderRows) {
  const AutoencoderParameters p = randomAutoencoder(64, 512, 7);
  const double bound = std::sqrt(6.0 / 512);
  EXPECT_LE(p.W_enc.abs().max().item<double>(), bound * (1 + 1e-6));
  EXPECT_NEAR(p.W_enc.mean().item<double>(), 0, 0.02 * bound);
  // The standard deviation of a uniform variable in ±b is b/√3.
  EXPECT_NEAR(p.W_enc.std().item<double>(), bound / std::sqrt(3.0), 0.02 * bound);
  EXPECT_LE((p.W_dec.norm(2, 1) - 1).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(p.b_enc.abs().sum().item<double>() + p.b_dec.abs().sum().item<double>(), 0);
}

TEST(RandomAutoencoder, DependsOnItsSeedOnly) {
  const AutoencoderParameters a = randomAutoencoder(8, 16, 3), b = randomAutoencoder(8, 16, 3);
  EXPECT_TRUE(a.W_enc.equal(b.W_enc) && a.W_dec.equal(b.W_dec));
  EXPECT_FALSE(a.W_enc.equal(randomAutoencoder(8, 16, 4).W_enc));
}

}  // namespace
}  // namespace featurescope
