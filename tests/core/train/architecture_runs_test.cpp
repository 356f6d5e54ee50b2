// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/train_autoencoder.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace featurescope {
namespace {

constexpr std::int64_t kWidth = 16, kDirections = 32, kActive = 3, kRows = 4096;

/// Explained variance: three directions that serve all rows would come to 0.43.
constexpr double kBar = 0.8;

/// Rows that are mixtures of `kActive` of `kDirections` unit directions, each with a weight between
/// 1 and 2.
at::Tensor plantedRows() {
  at::manual_seed(12);
  at::Tensor directions = at::randn({kDirections, kWidth});
  directions.div_(directions.norm(2, 1, true));
  const at::Tensor chosen = std::get<1>(at::rand({kRows, kDirections}).topk(kActive, 1));
  const at::Tensor weights =
      at::zeros({kRows, kDirections}).scatter_(1, chosen, 1 + at::rand({kRows, kActive}));
  return weights.mm(directions);
}

struct Fit {
  double explainedVariance, l0;
};

/// How the saved SAE does on all rows.
Fit fitOf(const std::filesystem::path& sae, const at::Tensor& x) {
  const c10::NoGradGuard noGradients;
  const Autoencoder autoencoder = Autoencoder::load(sae);
  const at::Tensor f = autoencoder.encode(x);
  const double error = (x - autoencoder.decode(f, x)).square().sum().item<double>();
  const double spread = (x - x.mean(0)).square().sum().item<double>();
  return {1 - error / spread, f.gt(0).sum().item<double>() / static_cast<double>(kRows)};
}

class ArchitectureRuns : public ::testing::Test {
 protected:
  TrainSettings settings(Architecture architecture) {
    TrainSettings result;
    result.activations = folder_.path() / "x.safetensors";
    result.out = folder_.path() / "run";
    x_ = plantedRows();
    writeSafetensors(result.activations, {{"activations", fromTorch(x_)}});
    result.architecture = architecture;
    result.features = 2 * kDirections;
    result.targetL0 = kActive;
    result.batch = 8;
    result.corpus.context = 32;
    result.steps = 1200;
    result.learningRate = 3e-3;
    result.learningRateDecay = 600;
    result.resampling = Resampling::None;
    result.deadWindow = 100;
    result.logEvery = 100;
    result.compute.threads = 1;
    return result;
  }
  Fit train(const TrainSettings& settings) {
    last_ = trainAutoencoder(settings, {.stop = {}, .progress = silent_});
    run_ = readJson(settings.out / "run.json");
    return fitOf(settings.out / "sae", x_);
  }
  TemporaryFolder folder_;
  SilentProgress silent_;
  at::Tensor x_;
  TrainMetrics last_;
  Json run_;
};

TEST_F(ArchitectureRuns, TopKFindsThePlantedMixtures) {
  const Fit fit = train(settings(Architecture::TopK));
  EXPECT_GT(fit.explainedVariance, kBar);
  EXPECT_LE(fit.l0, kActive);
  EXPECT_GT(fit.l0, 0.9 * kActive);
  EXPECT_EQ(run_["settings"]["k"], kActive);
  EXPECT_EQ(last_.l1Coefficient, 0);
  EXPECT_GT(last_.l1Loss, 0);
}

TEST_F(ArchitectureRuns, BatchTopKFindsThePlantedMixturesAndIsUsedByItsThreshold) {
  const Fit fit = train(settings(Architecture::BatchTopK));
  EXPECT_GT(fit.explainedVariance, kBar);
  EXPECT_NEAR(fit.l0, kActive, 0.1 * kActive);
  EXPECT_EQ(inspectCheckpoint(folder_.path() / "run").activation.architecture,
            Architecture::JumpRelu);
}

TEST_F(ArchitectureRuns, JumpReluFindsThePlantedMixturesAtItsTarget) {
  TrainSettings jumpRelu = settings(Architecture::JumpRelu);
  jumpRelu.steps = 2000;
  jumpRelu.learningRate = 1e-2;
  jumpRelu.l1Coefficient = 2;
  const Fit fit = train(jumpRelu);
  EXPECT_GT(fit.explainedVariance, kBar);
  EXPECT_NEAR(fit.l0, kActive, 0.2 * kActive);
  EXPECT_GT(run_["settings"]["jumprelu_bandwidth"].get<double>(), 0);
}

TEST_F(ArchitectureRuns, GatedFindsThePlantedMixtures) {
  TrainSettings gated = settings(Architecture::Gated);
  gated.l1Mode = L1Mode::Fixed;
  gated.l1Coefficient = 2;
  const Fit fit = train(gated);
  EXPECT_GT(fit.explainedVariance, kBar);
  EXPECT_NEAR(fit.l0, kActive, 0.5 * kActive);
}

TEST_F(ArchitectureRuns, SayTheirLossAndRefuseWhatIsOfAnother) {
  TrainSettings topK = settings(Architecture::TopK);
  topK.steps = 2;
  train(topK);
  EXPECT_THAT(run_["loss"].get<std::string>(), ::testing::HasSubstr("aux_coeff"));
  const auto refusal = [&](const TrainSettings& wrong) {
    try {
      trainAutoencoder(wrong, {.stop = {}, .progress = silent_});
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  topK.force = true;
  topK.l1Coefficient = 1;
  EXPECT_THAT(refusal(topK), ::testing::HasSubstr("--l1-coeff does not belong to"));
  topK.l1Coefficient.reset();
  topK.architecture = Architecture::Gated;
  topK.k = 3;
  EXPECT_THAT(refusal(topK), ::testing::HasSubstr("--k does not belong to"));
}

}  // namespace
}  // namespace featurescope
