// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/fine_tune.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/finetune/fine_tune_estimate.h"
#include "core/finetune/records.h"
#include "core/finetune/resume_fine_tuning.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/feature_scales.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_model.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::ModelShape;
using ::testing::StartsWith;

constexpr std::int64_t kFeatures = 40;

/// Asks for a stop once so many steps were told of.
class StopsAfter final : public ProgressSink {
 public:
  explicit StopsAfter(int steps) : left_(steps) {}
  void update(const ProgressUpdate& update) override {
    if (update.stage == "fine-tuning" && --left_ == 0) stop.request_stop();
  }
  void note(std::string_view /*sentence*/) override {}
  std::stop_source stop;

 private:
  int left_;
};

constexpr int kNever = -1;

class FineTune : public ::testing::Test {
 protected:
  void SetUp() override {
    const fs::path tokenizer = testing::ownData("tiny_tokenizer.json");
    const std::int32_t vocabulary = Tokenizer::load(tokenizer).vocabularySize();
    saveLanguageModel(model(),
                      testing::randomModel({.layers = 3,
                                            .width = 16,
                                            .innerWidth = 32,
                                            .vocabulary = vocabulary,
                                            .maxPositions = 64},
                                           7),
                      at::kFloat);
    fs::copy_file(tokenizer, model() / "tokenizer.json");
    at::manual_seed(9);
    saveSaeLens(sae(),
                {.W_enc = at::randn({16, kFeatures}),
                 .W_dec = at::randn({kFeatures, 16}),
                 .b_enc = at::randn({kFeatures}).index_put_({at::tensor({3})}, -1e6),
                 .b_dec = at::randn({16})},
                {});
    std::string lines;
    for (int a = 1; a < 12; ++a) {
      lines += Json({{"context", "What is " + std::to_string(a * a) + " + 2?\nA:"},
                     {"completion", " " + std::to_string(a * a + 2)}})
                   .dump() +
               "\n";
    }
    writeFile(text(), lines);
  }

  [[nodiscard]] const fs::path& folder() const { return folder_.path(); }
  [[nodiscard]] fs::path model() const { return folder_.path() / "model"; }
  [[nodiscard]] fs::path sae() const { return folder_.path() / "sae"; }
  [[nodiscard]] fs::path text() const { return folder_.path() / "questions.jsonl"; }
  [[nodiscard]] fs::path run(const std::string& name = "run") const {
    return folder_.path() / name;
  }

  [[nodiscard]] FineTuneSettings settings(const std::string& name = "run") const {
    FineTuneSettings settings;
    settings.model = model();
    settings.sae = sae();
    settings.site = {Layer{1}, SiteKind::MlpOut};
    settings.corpus.files = {text()};
    settings.out = run(name);
    settings.epochs = 4;
    settings.stepsPerEpoch = 3;
    settings.batch = 3;
    settings.learningRate = 1e-2;
    settings.heldOutFraction = 0.2;
    settings.checkpointEvery = 4;
    settings.keepCheckpoints = 0;
    settings.logEvery = 1;
    settings.compute.threads = 1;
    return settings;
  }

  static FineTuneResult tune(const FineTuneSettings& settings, int stopAfter = kNever) {
    StopsAfter sink(stopAfter);
    return fineTune(settings, {sink.stop.get_token(), sink});
  }
  [[nodiscard]] ResumedFineTuning resume(int stopAfter = kNever) const {
    StopsAfter sink(stopAfter);
    return resumeFineTuning(run(), {}, {sink.stop.get_token(), sink});
  }

  /// What must not depend on how a run got to its end.
  static std::string outcome(const fs::path& run) {
    Json json = readJson(run / "run.json");
    json["result"].erase("steps_per_second");
    return readFile(run / "scales.safetensors") + readFile(run / "scales.csv") +
           readFile(run / "metrics.csv") + json["result"].dump() + json["measured"].dump();
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(FineTune, LowersTheLossOnItsOwnTextByTheFeaturesThatItsTokensActivate) {
  FineTuneSettings given = settings();
  given.epochs = 20;
  const FineTuneResult result = tune(given);
  ASSERT_EQ(result.measured.size(), 2U);
  const MeasuredLosses& training = result.measured[0];
  EXPECT_EQ(training.text, "training");
  EXPECT_LT(training.loss.fineTuned, training.loss.start);
  EXPECT_DOUBLE_EQ(training.loss.start, training.loss.sae);
  EXPECT_NE(training.loss.permuted, training.loss.fineTuned);
  EXPECT_EQ(training.records, 9);
  EXPECT_EQ(result.measured[1].text, "held-out");
  EXPECT_EQ(result.measured[1].records, 2);
  EXPECT_EQ(result.enhanced + result.inhibited + result.untouched, kFeatures);
  EXPECT_GE(result.untouched, 1) << "feature 3 never fires";
  const FeatureScales scales = FeatureScales::load(run(), kFeatures);
  EXPECT_NEAR(scales.scale[3], std::pow(1 - 1e-2 * 1e-2, given.steps()), 1e-5);
  EXPECT_EQ(scales.bias[3], 0.0F);
}

TEST_F(FineTune, WritesARunFolderThatSaysWhatItDid) {
  tune(settings());
  const Json json = readJson(run() / "run.json");
  EXPECT_EQ(json["kind"], "finetune");
  EXPECT_EQ(json["state"], "finished");
  EXPECT_EQ(json["sae"], sae().string());
  EXPECT_EQ(json["layer"], 1);
  EXPECT_EQ(json["keep_error"], false);
  EXPECT_EQ(json["settings"]["weight_decay"], 1e-2);
  EXPECT_EQ(json["result"]["frozen_hash"], json["frozen_hash"]);
  EXPECT_THAT(readFile(run() / "metrics.csv"), StartsWith("step,epoch,loss,lr\r\n0,0,"));
  EXPECT_THAT(readFile(run() / "scales.csv"), StartsWith("feature,scale,bias\r\n0,"));
  EXPECT_TRUE(fs::exists(run() / "checkpoints/step-00000004/scales.safetensors"));
}

TEST_F(FineTune, GoesOnAfterAnInterruptionToTheSameBits) {
  tune(settings("whole"));
  for (const int steps : {1, 4, 6, 11}) {
    FineTuneSettings given = settings();
    given.force = true;
    EXPECT_THROW(tune(given, steps), Interrupted);
    EXPECT_EQ(readJson(run() / "run.json")["state"], "interrupted");
    EXPECT_FALSE(fs::exists(run() / "scales.safetensors"));
    EXPECT_EQ(resume().resumedFrom, steps);
    EXPECT_EQ(outcome(run()), outcome(run("whole"))) << steps;
  }
}

TEST_F(FineTune, StartsOverWithoutACheckpointAndLeavesAFinishedRun) {
  tune(settings("whole"));
  EXPECT_THROW(tune(settings(), 2), Interrupted);
  fs::remove_all(run() / "checkpoints");
  EXPECT_EQ(resume().resumedFrom, 0);
  EXPECT_EQ(outcome(run()), outcome(run("whole")));
  const ResumedFineTuning again = resume();
  EXPECT_TRUE(again.wasFinished);
  EXPECT_EQ(again.result.last.step, 11);
}

TEST_F(FineTune, IsTheSameWhereverTheModelsStateWaits) {
  tune(settings("memory"));
  FineTuneSettings given = settings("disk");
  given.cacheBytes = 2000;  // a few records' worth
  tune(given);
  EXPECT_EQ(outcome(run("disk")), outcome(run("memory")));
}

TEST_F(FineTune, IsTheSameWithActivationsComputedAgainAndWeightsStreamed) {
  const LanguageModel whole = LanguageModel::open(model(), {});
  fs::remove_all(model() / "model.safetensors");
  saveLanguageModel(folder() / "half", whole, at::kHalf);
  fs::copy_file(folder() / "half/model.safetensors", model() / "model.safetensors");
  tune(settings("ordinary"));
  FineTuneSettings given = settings("sparing");
  given.checkpointActivations = true;
  given.streamWeights = true;
  tune(given);
  EXPECT_EQ(outcome(run("sparing")), outcome(run("ordinary")));
}

/// What one step's batch costs, a record at a time, without padding, by the plain forward pass.
double lossOfRecords(const FineTuneSettings& settings, std::int64_t count) {
  const at::NoGradGuard noGradients;
  const LanguageModel model = LanguageModel::open(settings.model, {});
  const Autoencoder autoencoder = Autoencoder::load(settings.sae);
  SilentProgress silent;
  const Records records(Tokenizer::load(settings.model), settings.corpus, {{}, silent});
  double sum = 0, targets = 0;
  for (RecordId record = 0; record < count; ++record) {
    const at::Tensor tokens = toTorch(records.batch(std::array{record}), model);
    const LanguageModel::Edit insert{
        settings.site, [&](const at::Tensor& value) {
          const at::Tensor x = value.flatten(0, 1);
          return autoencoder.decode(autoencoder.encode(x), x).view(value.sizes());
        }};
    const at::Tensor hidden = model.forward(tokens, {}, insert, true).hidden;
    const at::Tensor losses = model.tokenLosses(hidden, tokens)[0];
    const std::int64_t first =
        settings.scope == LossScope::All ? 1 : records.completionBegin(record).value();
    const at::Tensor counted = losses.slice(0, first - 1);
    sum += counted.sum(at::kDouble).item<double>();
    targets += static_cast<double>(counted.numel());
  }
  return sum / targets;
}

TEST_F(FineTune, CountsInTheLossNeitherPaddingNorWhatIsOutsideTheScope) {
  for (const LossScope scope : {LossScope::All, LossScope::Completion}) {
    FineTuneSettings given = settings();
    given.force = true;
    given.scope = scope;
    given.shuffle = false;
    given.heldOutFraction = 0;
    given.batch = 8;  // of three different lengths
    given.epochs = 1;
    given.stepsPerEpoch = 1;
    EXPECT_NEAR(tune(given).last.loss, lossOfRecords(given, 8), 1e-5);
  }
}

TEST_F(FineTune, LeavesTheModelAndTheSaeAsTheyWere) {
  const std::string weights = readFile(model() / "model.safetensors");
  const std::string autoencoder = readFile(sae() / "sae_weights.safetensors");
  tune(settings());
  EXPECT_EQ(readFile(model() / "model.safetensors"), weights);
  EXPECT_EQ(readFile(sae() / "sae_weights.safetensors"), autoencoder);
  const Json before = readJson(run() / "run.json");
  EXPECT_EQ(before["result"]["frozen_hash"], before["frozen_hash"]);

  // The hash tells of a single weight.
  LanguageModel changed = LanguageModel::open(model(), {});
  NeoxWeights other = changed.weights();
  other.layers[2].mlpOutWeight = other.layers[2].mlpOutWeight.clone();
  other.layers[2].mlpOutWeight[0][0].add_(1e-3);
  saveLanguageModel(folder() / "changed", LanguageModel(changed.config(), other), at::kFloat);
  fs::copy_file(model() / "tokenizer.json", folder() / "changed/tokenizer.json");
  FineTuneSettings given = settings("other");
  given.model = folder() / "changed";
  given.epochs = 1;
  tune(given);
  EXPECT_NE(readJson(run("other") / "run.json")["frozen_hash"], before["frozen_hash"]);
}

TEST_F(FineTune, EstimatesWhatItWillHold) {
  FineTuneSettings given = settings();
  const FineTuneEstimate whole = estimateFineTuning(given, std::nullopt);
  EXPECT_FALSE(whole.streamsWeights);
  EXPECT_EQ(whole.languageModel, 0) << "float32 is computed in the mapped file itself";
  given.compute.dtype = "bfloat16";
  const NeoxConfig config = NeoxConfig::load(model());
  const auto matrices =
      static_cast<double>(2 * config.vocabulary * 16 + 3 * (4 * 16 * 16 + 2 * 16 * 32));
  const FineTuneEstimate converted = estimateFineTuning(given, std::nullopt);
  EXPECT_EQ(converted.languageModel, 2 * matrices);
  EXPECT_EQ(converted.mapped, 0);
  const auto tight = static_cast<std::uint64_t>(converted.total() - 1);
  const FineTuneEstimate streamed = estimateFineTuning(given, tight);
  EXPECT_TRUE(streamed.streamsWeights);
  EXPECT_LT(streamed.total(), converted.total());
  EXPECT_EQ(streamed.mapped, 4 * matrices);
  EXPECT_NO_THROW(checkFits(streamed, tight));
  EXPECT_THROW(checkFits(streamed, 1000), UserError);
  const double step = converted.step;
  given.checkpointActivations = true;
  EXPECT_LT(estimateFineTuning(given, std::nullopt).step, step);
}

TEST_F(FineTune, MeasuresItsSpeedWithoutARunFolder) {
  FineTuneSettings given = settings();
  given.heldOutFraction = 0;
  SilentProgress silent;
  const JobContext job{{}, silent};
  const FineTuningSpeed speed = measureFineTuningSpeed(given, job);
  const Records records(Tokenizer::load(model()), given.corpus, job);
  double subset = 0;  // an epoch's nine of eleven records, each nearly as long
  for (RecordId record = 0; record < records.size(); ++record) {
    subset += static_cast<double>(records.length(record));
  }
  const double read = subset / static_cast<double>(records.size()) * 12 * 3;
  EXPECT_NEAR(speed.tokens, read, 0.1 * read);
  EXPECT_GT(speed.tokensPerSecond, 0);
  EXPECT_FALSE(fs::exists(run()));
}

TEST_F(FineTune, RefusesWhatCannotWork) {
  FineTuneSettings given = settings();
  given.site.layer = Layer{3};
  EXPECT_THROW(tune(given), UserError);
  given = settings();
  given.site.kind = SiteKind::MlpPre;
  EXPECT_THROW(tune(given), UserError);
  given = settings();
  given.corpus.context = 4;  // cuts every completion off
  given.scope = LossScope::Completion;
  try {
    tune(given);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("counts in the loss"));
  }
  EXPECT_FALSE(fs::exists(run()));
}

}  // namespace
}  // namespace featurescope
