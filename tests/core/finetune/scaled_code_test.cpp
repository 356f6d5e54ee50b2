// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/finetune/scaled_code_torch.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

namespace featurescope {
namespace {

AutoencoderParameters parameters() {
  at::manual_seed(5);
  return {.W_enc = at::randn({6, 20}),
          .W_dec = at::randn({20, 6}),
          .b_enc = at::randn({20}),
          .b_dec = at::randn({6})};
}

at::Tensor vector(std::int64_t seed, double mean) {
  at::manual_seed(static_cast<std::uint64_t>(seed));
  return at::randn({20}) + mean;
}

/// The same by autograd.
struct Recorded {
  at::Tensor c, d, output;

  Recorded(const AutoencoderParameters& p, const at::Tensor& x, const at::Tensor& scale,
           const at::Tensor& bias, bool keepError)
      : c(scale.clone().requires_grad_(true)), d(bias.clone().requires_grad_(true)) {
    const at::AutoGradMode gradients(true);
    const at::Tensor z = (x - p.b_dec).mm(p.W_enc) + p.b_enc;
    output = (z * c + d).relu().mm(p.W_dec) + p.b_dec;
    if (keepError) output = output + (x - (z.relu().mm(p.W_dec) + p.b_dec));
  }
};

class ScaledCodeOf : public ::testing::TestWithParam<bool> {};

TEST_P(ScaledCodeOf, HasTheGradientsOfAutograd) {
  const Autoencoder autoencoder(parameters());
  const at::Tensor x = at::randn({15, 6}), outputGradient = at::randn({15, 6});
  const at::Tensor c = vector(1, 1), d = vector(2, 0);
  Recorded recorded(autoencoder.parameters(), x, c, d, GetParam());
  recorded.output.backward(outputGradient);

  const at::NoGradGuard noGradients;
  ScaledCode code(autoencoder, GetParam());
  EXPECT_TRUE(code.forward(x, c, d).allclose(recorded.output, 1e-5, 1e-5));
  const ScaledCode::Gradients gradients = code.backward(outputGradient);
  EXPECT_TRUE(gradients.c.allclose(recorded.c.grad(), 1e-4, 1e-4));
  EXPECT_TRUE(gradients.d.allclose(recorded.d.grad(), 1e-4, 1e-4));
}

INSTANTIATE_TEST_SUITE_P(KeptError, ScaledCodeOf, ::testing::Bool());

TEST_P(ScaledCodeOf, HasTheGradientsOfAutogradWhereFewFeaturesAreActive) {
  AutoencoderParameters few = parameters();
  few.b_enc.sub_(8);
  const Autoencoder autoencoder(few);
  const at::Tensor x = at::randn({40, 6}), outputGradient = at::randn({40, 6});
  const at::Tensor c = vector(1, 1), d = vector(2, 0);
  Recorded recorded(few, x, c, d, GetParam());
  recorded.output.backward(outputGradient);

  const at::NoGradGuard noGradients;
  const at::Tensor f = (autoencoder.preActivations(x) * c + d).relu();
  ASSERT_GT(f.count_nonzero().item<std::int64_t>(), 5);
  ASSERT_LT(f.count_nonzero().item<std::int64_t>(), f.numel() / 10);
  ScaledCode code(autoencoder, GetParam());
  EXPECT_TRUE(code.forward(x, c, d).allclose(recorded.output, 1e-5, 1e-5));
  const ScaledCode::Gradients gradients = code.backward(outputGradient);
  EXPECT_TRUE(gradients.c.allclose(recorded.c.grad(), 1e-4, 1e-4));
  EXPECT_TRUE(gradients.d.allclose(recorded.d.grad(), 1e-4, 1e-4));
}

class ScaledCodeNormalising : public ::testing::TestWithParam<InputNormalisation> {};

TEST_P(ScaledCodeNormalising, HasTheGradientsOfAutograd) {
  const TemporaryFolder folder;
  saveSaeLens(folder.path() / "sae", parameters(), {}, {}, {.normalisation = GetParam()});
  const Autoencoder autoencoder = Autoencoder::load(folder.path() / "sae");
  const AutoencoderParameters p = parameters();
  const at::Tensor x = at::randn({15, 6}) * 3 + 1, outputGradient = at::randn({15, 6});
  const at::Tensor c = vector(1, 1), d = vector(2, 0);

  // SAELens' two normalisations, written out.
  const bool isLayerNorm = GetParam() == InputNormalisation::LayerNorm;
  const at::Tensor shift = isLayerNorm ? x.mean(1, true) : at::zeros({15, 1});
  const at::Tensor scale =
      isLayerNorm ? x.std(1, true, true) : x.square().sum(1, true).sqrt() / std::sqrt(6.0);
  const at::Tensor normalised = (x - shift) / (scale + (isLayerNorm ? 1e-5 : 0.0));
  at::Tensor cOfRecord = c.clone().requires_grad_(true), dOfRecord = d.clone().requires_grad_(true);
  at::Tensor output;
  {
    const at::AutoGradMode gradients(true);
    const at::Tensor z = (normalised - p.b_dec).mm(p.W_enc) + p.b_enc;
    output = ((z * cOfRecord + dOfRecord).relu().mm(p.W_dec) + p.b_dec) * scale + shift;
    output.backward(outputGradient);
  }

  const at::NoGradGuard noGradients;
  ScaledCode code(autoencoder, false);
  EXPECT_TRUE(code.forward(x, c, d).allclose(output, 1e-4, 1e-4));
  const ScaledCode::Gradients gradients = code.backward(outputGradient);
  EXPECT_TRUE(gradients.c.allclose(cOfRecord.grad(), 1e-3, 1e-3));
  EXPECT_TRUE(gradients.d.allclose(dOfRecord.grad(), 1e-3, 1e-3));
}

INSTANTIATE_TEST_SUITE_P(Normalisations, ScaledCodeNormalising,
                         ::testing::Values(InputNormalisation::LayerNorm,
                                           InputNormalisation::ConstantNorm));

TEST(ScaledCode, WithItsErrorKeptStartsAsX) {
  const Autoencoder autoencoder(parameters());
  const at::Tensor x = at::randn({15, 6});
  const at::Tensor output =
      ScaledCode(autoencoder, true).forward(x, at::ones({20}), at::zeros({20}));
  EXPECT_TRUE(output.allclose(x, 1e-5, 1e-5));
}

TEST(ScaledCode, MakesNoSelection) {
  const Autoencoder topk(parameters(), {.architecture = Architecture::TopK, .k = 2});
  const Autoencoder standard(parameters());
  const at::Tensor x = at::randn({15, 6}), c = vector(1, 1), d = vector(2, 0);
  EXPECT_TRUE(
      ScaledCode(topk, false).forward(x, c, d).equal(ScaledCode(standard, false).forward(x, c, d)));
}

TEST(ScaledCode, RefusesAGatedSae) {
  AutoencoderParameters gated = parameters();
  gated.r_mag = at::zeros({20});
  gated.b_mag = at::zeros({20});
  const Autoencoder autoencoder(gated, {.architecture = Architecture::Gated});
  EXPECT_THROW(ScaledCode(autoencoder, false), UserError);
}

}  // namespace
}  // namespace featurescope
