// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/train_autoencoder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace featurescope {
namespace {

/// Inputs far from unit size, as activations are.
at::Tensor inputs() {
  const at::Tensor grid = at::arange(256 * 12, at::kFloat).reshape({256, 12});
  return 37 * grid.mul(0.7133).sin() + 5;
}

class NormalisedTraining : public ::testing::Test {
 protected:
  AutoencoderParameters train(const std::string& name, const at::Tensor& x,
                              Normalisation normalisation) {
    TrainSettings settings;
    settings.activations = folder_.path() / (name + ".safetensors");
    writeSafetensors(settings.activations, {{"activations", fromTorch(x)}});
    settings.out = folder_.path() / name;
    settings.batch = 2;
    settings.corpus.context = 16;
    settings.steps = 30;
    settings.features = 24;
    settings.learningRate = 1e-2;
    settings.l1Mode = L1Mode::Fixed;
    settings.l1Coefficient = 0.05;
    settings.decoderBias = DecoderBias::Mean;
    settings.shuffle = false;
    settings.normalisation = normalisation;
    SilentProgress silent;
    trainAutoencoder(settings, {{}, silent});
    return Autoencoder::load(settings.out / "sae").parameters();
  }

  TemporaryFolder folder_;
};

TEST_F(NormalisedTraining, IsTrainingOnDividedInputsFoldedBackIntoTheBiases) {
  const at::Tensor x = inputs();
  double squares = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double value = x.const_data_ptr<float>()[i];
    squares += value * value;
  }
  const double sigma = std::sqrt(squares / static_cast<double>(x.numel()));
  const AutoencoderParameters divided = train("divided", x / sigma, Normalisation::None);
  const AutoencoderParameters folded = train("folded", x, Normalisation::MeanSquare);

  EXPECT_NEAR(readJson(folder_.path() / "folded" / "run.json")["sigma"].get<double>(), sigma,
              1e-6 * sigma);
  EXPECT_TRUE(at::allclose(folded.W_enc, divided.W_enc, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(folded.W_dec, divided.W_dec, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(folded.b_enc, sigma * divided.b_enc, 1e-3, sigma * 1e-4));
  EXPECT_TRUE(at::allclose(folded.b_dec, sigma * divided.b_dec, 1e-3, sigma * 1e-4));
  // On the inputs themselves it gives what the other gives on divided ones, σ times.
  const Autoencoder ofInputs(folded), ofDivided(divided);
  const at::Tensor features = ofDivided.encode(x / sigma);
  EXPECT_GT(features.gt(0).sum().item<std::int64_t>(), 0);
  EXPECT_TRUE(at::allclose(ofInputs.encode(x), sigma * features, 1e-3, sigma * 1e-3));
}

}  // namespace
}  // namespace featurescope
