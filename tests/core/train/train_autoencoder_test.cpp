// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_autoencoder.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::ownData;

fs::path golden(const std::string& name) { return ownData("train") / name; }

at::Tensor readTensor(const fs::path& file, const std::string& name) {
  return toTorch(TensorFile::open(file).tensor(name)).clone();
}

std::vector<std::string> lines(const fs::path& file) {
  std::istringstream text(readFile(file));
  std::vector<std::string> result;
  for (std::string line; std::getline(text, line);) {
    EXPECT_TRUE(line.ends_with('\r')) << line;
    line.pop_back();
    result.push_back(line);
  }
  return result;
}

std::vector<double> numbers(const std::string& row) {
  std::istringstream text(row);
  std::vector<double> result;
  for (std::string field; std::getline(text, field, ',');) result.push_back(std::stod(field));
  return result;
}

/// Asks for a stop after some updates.
class StopsAfter final : public ProgressSink {
 public:
  explicit StopsAfter(int updates) : left_(updates) {}
  void update(const ProgressUpdate& /*update*/) override {
    if (--left_ == 0) stop.request_stop();
  }
  void note(std::string_view /*sentence*/) override {}
  std::stop_source stop;

 private:
  int left_;
};

class TrainAutoencoder : public ::testing::Test {
 protected:
  /// The settings of tests/data/make_train_golden.py.
  [[nodiscard]] TrainSettings goldenSettings() const {
    TrainSettings settings;
    settings.activations = golden("activations.safetensors");
    settings.initial = golden("init.safetensors");
    settings.out = run();
    settings.batch = 2;
    settings.corpus.context = 4;
    settings.steps = 20;
    settings.learningRate = 1e-2;
    settings.beta2 = 0.99;
    settings.epsilon = 1e-6;
    settings.l1Coefficient = 0.25;
    settings.shuffle = false;
    settings.logEvery = 1;
    settings.compute.threads = 1;
    return settings;
  }
  [[nodiscard]] fs::path run() const { return folder_.path() / "run"; }
  TrainMetrics train(const TrainSettings& settings) {
    return trainAutoencoder(settings, {.stop = {}, .progress = silent_});
  }
  std::optional<UserError> errorOf(const TrainSettings& settings) {
    try {
      train(settings);
    } catch (const UserError& error) {
      return error;
    }
    ADD_FAILURE() << "no UserError was thrown";
    return std::nullopt;
  }
  void expectGolden(const fs::path& expected) {
    const at::Tensor metrics = readTensor(expected, "metrics");
    const std::vector<std::string> rows = lines(run() / "metrics.csv");
    ASSERT_EQ(rows.size(), 21U);
    for (std::int64_t t = 0; t < 20; ++t) {
      const std::vector<double> row = numbers(rows[static_cast<std::size_t>(t) + 1]);
      const auto golden = [&](std::int64_t column) { return metrics[t][column].item<double>(); };
      ASSERT_EQ(row.size(), 10U);
      EXPECT_EQ(row[0], t);
      EXPECT_EQ(row[1], (t + 1) * 8);
      for (const std::int64_t i : {0, 1, 2}) {  // loss, recon_loss, l1_loss
        EXPECT_NEAR(row[static_cast<std::size_t>(i) + 2] / golden(i), 1, 1e-5) << t << " " << i;
      }
      EXPECT_EQ(row[5], 0.25);
      EXPECT_EQ(row[6], golden(3)) << t;  // l0
      EXPECT_EQ(row[7], golden(4)) << t;  // dead
      EXPECT_EQ(row[8], 1e-2);
    }
    const Autoencoder sae = Autoencoder::load(run());
    const auto expectNear = [&](const at::Tensor& actual, const char* name) {
      EXPECT_LE((actual - readTensor(expected, name)).abs().max().item<double>(), 1e-5) << name;
    };
    expectNear(sae.parameters().W_enc, "W_enc");
    expectNear(sae.parameters().W_dec, "W_dec");
    expectNear(sae.parameters().b_enc, "b_enc");
    expectNear(sae.parameters().b_dec, "b_dec");
  }
  TemporaryFolder folder_;
  SilentProgress silent_;
};

TEST_F(TrainAutoencoder, FollowsPyTorchStepForStep) {
  train(goldenSettings());
  expectGolden(golden("plain.safetensors"));
}

TEST_F(TrainAutoencoder, FollowsPyTorchWithTheDecodersParallelGradientRemoved) {
  TrainSettings settings = goldenSettings();
  settings.projectDecoderGradient = true;
  train(settings);
  expectGolden(golden("project.safetensors"));
}

TEST_F(TrainAutoencoder, EndsWithUnitDecoderRows) {
  train(goldenSettings());
  const at::Tensor norms = Autoencoder::load(run()).parameters().W_dec.norm(2, 1);
  EXPECT_LE((norms - 1).abs().max().item<double>(), 1e-6);
}

TEST_F(TrainAutoencoder, LogsEveryNthStepAndTheLast) {
  TrainSettings settings = goldenSettings();
  settings.logEvery = 6;
  train(settings);
  const std::vector<std::string> rows = lines(run() / "metrics.csv");
  EXPECT_EQ(rows[0], "step,tokens,loss,recon_loss,l1_loss,l1_coeff,l0,dead,lr,tokens_per_second");
  std::vector<double> steps;
  for (std::size_t i = 1; i < rows.size(); ++i) steps.push_back(numbers(rows[i])[0]);
  EXPECT_EQ(steps, (std::vector<double>{0, 6, 12, 18, 19}));
}

TEST_F(TrainAutoencoder, WritesWhatDecidedTheRun) {
  train(goldenSettings());
  const Json run = readJson(this->run() / "run.json");
  EXPECT_EQ(run["state"], "finished");
  EXPECT_EQ(run["settings"]["lr"], 1e-2);
  EXPECT_EQ(run["settings"]["no_shuffle"], true);
  EXPECT_EQ(run["l1_coeff"], 0.25);
  EXPECT_EQ(run["steps"], 20);
  EXPECT_THAT(run["inputs"]["activations"]["hash"].get<std::string>(), HasSubstr("sha256:"));
  EXPECT_THAT(run["inputs"]["init"]["hash"].get<std::string>(), HasSubstr("sha256:"));
  EXPECT_EQ(run["result"]["tokens"], 160);
  EXPECT_FALSE(run["versions"]["libtorch"].get<std::string>().empty());
  EXPECT_THAT(readFile(this->run() / "log.txt"), HasSubstr("finished after 20 steps"));
}

TEST_F(TrainAutoencoder, RepeatsItselfToTheBitFromTheSameSeed) {
  TrainSettings settings = goldenSettings();
  settings.initial.reset();
  settings.shuffle = true;
  const auto trained = [&](std::uint64_t seed) {
    settings.compute.seed = seed;
    settings.force = true;
    train(settings);
    return readFile(run() / "sae" / "sae_weights.safetensors");
  };
  const std::string first = trained(1);
  EXPECT_EQ(trained(1), first);
  EXPECT_NE(trained(2), first);
}

TEST_F(TrainAutoencoder, LearnsADictionary) {
  // Tokens are one of 16 directions, scaled: an SAE that learns explains nearly all of them.
  at::manual_seed(4);
  const at::Tensor directions = std::get<0>(at::linalg_qr(at::randn({16, 16})));
  const at::Tensor scales = at::rand({512, 1}) + 0.5;
  writeSafetensors(
      folder_.path() / "x.safetensors",
      {{"activations", fromTorch(directions.index_select(0, at::randint(16, {512})) * scales)}});
  TrainSettings settings = goldenSettings();
  settings.activations = folder_.path() / "x.safetensors";
  settings.initial.reset();
  settings.l1Coefficient = 0.02;
  settings.batch = 16;
  settings.steps = 800;
  settings.logEvery = 799;
  const TrainMetrics last = train(settings);
  const double before = numbers(lines(run() / "metrics.csv")[1])[3];
  EXPECT_LT(last.reconstructionLoss, 0.05 * before);
}

TEST_F(TrainAutoencoder, MeasuresAnL1CoefficientThatScalesWithTheActivations) {
  TrainSettings settings = goldenSettings();
  settings.l1Coefficient.reset();
  const double measured = train(settings).l1Coefficient;
  EXPECT_GT(measured, 0);
  const at::Tensor x = readTensor(settings.activations, "activations");
  settings.activations = folder_.path() / "scaled.safetensors";
  writeSafetensors(settings.activations, {{"activations", fromTorch(x * 4)}});
  settings.force = true;
  EXPECT_NEAR(train(settings).l1Coefficient / measured, 4, 1e-5);
  EXPECT_EQ(readJson(run() / "run.json")["l1_coeff"], train(settings).l1Coefficient);
}

TEST_F(TrainAutoencoder, KeepsWhatItHasWhenInterruptedAndHasNoResult) {
  StopsAfter sink(7);
  EXPECT_THROW(
      trainAutoencoder(goldenSettings(), {.stop = sink.stop.get_token(), .progress = sink}),
      Interrupted);
  EXPECT_FALSE(fs::exists(run() / "sae"));
  EXPECT_EQ(readJson(run() / "run.json")["state"], "interrupted");
  EXPECT_EQ(lines(run() / "metrics.csv").size(), 8U);
}

TEST_F(TrainAutoencoder, EndsWithAdviceWhenTheLossIsNoNumber) {
  TrainSettings settings = goldenSettings();
  settings.learningRate = 1e30;
  const auto error = errorOf(settings);
  EXPECT_EQ(error->code(), ErrorCode::NotFinite);
  EXPECT_THAT(error->what(), HasSubstr("--lr"));
  EXPECT_EQ(readJson(run() / "run.json")["state"], "failed");
  EXPECT_FALSE(fs::exists(run() / "sae"));
}

TEST_F(TrainAutoencoder, WritesNothingWhenItsInputsAreBad) {
  TrainSettings settings = goldenSettings();
  settings.features = 13;
  EXPECT_EQ(errorOf(settings)->code(), ErrorCode::ShapeMismatch);
  settings = goldenSettings();
  settings.initial = golden("plain.safetensors").parent_path() / "missing.safetensors";
  EXPECT_EQ(errorOf(settings)->code(), ErrorCode::NotFound);
  settings = goldenSettings();
  settings.activations = folder_.path() / "nan.safetensors";
  writeSafetensors(
      settings.activations,
      {{"activations", fromTorch(at::full({8, 6}, std::numeric_limits<float>::quiet_NaN()))}});
  EXPECT_EQ(errorOf(settings)->code(), ErrorCode::NotFinite);
  settings = goldenSettings();
  settings.tokens = 100;
  EXPECT_EQ(errorOf(settings)->code(), ErrorCode::BadUsage);
  EXPECT_FALSE(fs::exists(run()));
}

TEST_F(TrainAutoencoder, RoundsTokensDownToWholeStepsButAtLeastOne) {
  TrainSettings settings = goldenSettings();
  settings.steps.reset();
  settings.tokens = 31;
  EXPECT_EQ(train(settings).step, 2);
  settings.tokens = 3;
  settings.force = true;
  EXPECT_EQ(train(settings).tokens, 8);
}

TEST_F(TrainAutoencoder, ReplacesOnlyARunAndOnlyWhenForced) {
  writeFile(run() / "letter.txt", "dear");
  TrainSettings settings = goldenSettings();
  EXPECT_EQ(errorOf(settings)->code(), ErrorCode::OutputExists);
  settings.force = true;
  EXPECT_EQ(errorOf(settings)->code(), ErrorCode::OutputExists);
  EXPECT_EQ(readFile(run() / "letter.txt"), "dear");
}

}  // namespace
}  // namespace featurescope
