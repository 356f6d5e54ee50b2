// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/resume.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/language_model_torch.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/run_folder.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Asks for a stop once so many steps were told of, and keeps the notes.
class StopsAfter final : public ProgressSink {
 public:
  explicit StopsAfter(int steps) : left_(steps) {}
  void update(const ProgressUpdate& update) override {
    if (update.stage == "training" && --left_ == 0) stop.request_stop();
  }
  void note(std::string_view sentence) override { notes += std::string(sentence) + "\n"; }
  std::stop_source stop;
  std::string notes;

 private:
  int left_;
};

constexpr int kNever = -1;

/// What a run leaves that must not depend on how often it was interrupted.
struct Outcome {
  std::string weights, metrics, events, heldOut;
  bool operator==(const Outcome&) const = default;
};

/// metrics.csv without its last column, which tells the time.
std::string withoutSpeed(const std::string& csv) {
  std::istringstream rows(csv);
  std::string result;
  for (std::string row; std::getline(rows, row);) result += row.substr(0, row.rfind(',')) + "\n";
  return result;
}

/// events.jsonl but for when the state was saved.
std::string withoutCheckpoints(const std::string& lines) {
  std::istringstream stream(lines);
  std::string result;
  for (std::string line; std::getline(stream, line);) {
    if (Json::parse(line)["kind"] != "checkpoint") result += line + "\n";
  }
  return result;
}

class Resume : public ::testing::Test {
 protected:
  static constexpr int kSteps = 20;

  void SetUp() override {
    at::manual_seed(3);
    writeSafetensors(file(), {{"activations", fromTorch(at::randn({50, 6}) * 3)}});
  }

  /// A run whose rules all act within its few steps.
  [[nodiscard]] TrainSettings settings() const {
    TrainSettings settings;
    settings.activations = file();
    settings.out = run();
    settings.batch = 2;
    settings.corpus.context = 4;
    settings.steps = kSteps;
    settings.learningRate = 1e-2;
    settings.learningRateWarmup = 3;
    settings.learningRateDecay = 6;
    settings.clipGradient = 5;
    settings.projectDecoderGradient = true;
    settings.normalisation = Normalisation::MeanSquare;
    settings.l1Mode = L1Mode::Track;
    settings.l1AdjustAfter = 40;
    settings.resampling = Resampling::Loss;
    settings.resampleEvery = 7;
    settings.deadWindow = 2;
    settings.checkpointEvery = 5;
    settings.keepCheckpoints = 0;
    settings.logEvery = 2;
    settings.compute.threads = 1;
    return settings;
  }
  [[nodiscard]] fs::path file() const { return folder_.path() / "x.safetensors"; }
  [[nodiscard]] fs::path run() const { return folder_.path() / "run"; }
  [[nodiscard]] fs::path checkpoint(int step) const {
    const std::string digits = std::to_string(step);
    return run() / "checkpoints" / ("step-" + std::string(8 - digits.size(), '0') + digits);
  }

  void trainUntil(const TrainSettings& settings, int steps) {
    StopsAfter sink(steps);
    const JobContext job{.stop = sink.stop.get_token(), .progress = sink};
    if (steps == kNever) {
      trainAutoencoder(settings, job);
    } else {
      EXPECT_THROW(trainAutoencoder(settings, job), Interrupted);
    }
  }
  ResumedTraining resume() {
    StopsAfter sink(kNever);
    const ResumedTraining resumed = resumeTraining(run(), {}, {.stop = {}, .progress = sink});
    notes_ = sink.notes;
    return resumed;
  }
  UserError resumeError() {
    try {
      resume();
    } catch (const UserError& error) {
      return error;
    }
    ADD_FAILURE() << "no UserError was thrown";
    return {ErrorCode::Internal, "", ""};
  }
  [[nodiscard]] Outcome outcome() const {
    const fs::path heldOut = run() / "held_out.csv";
    return {readFile(run() / "sae" / "sae_weights.safetensors"),
            withoutSpeed(readFile(run() / "metrics.csv")),
            withoutCheckpoints(readFile(run() / "events.jsonl")),
            fs::exists(heldOut) ? readFile(heldOut) : std::string()};
  }
  Outcome uninterrupted(const TrainSettings& settings) {
    trainUntil(settings, kNever);
    const Outcome result = outcome();
    fs::remove_all(run());
    return result;
  }
  /// What kill -9 leaves: no word of the end, rows beyond the last checkpoint, and half a row.
  void makeItLookKilled() {
    Json description = readJson(run() / "run.json");
    description["state"] = "running";
    description.erase("ended");
    writeJson(run() / "run.json", description);
    writeFile(run() / "metrics.csv", readFile(run() / "metrics.csv") + "18,152,0.3");
    writeFile(run() / "events.jsonl", readFile(run() / "events.jsonl") + "{\"kind\":");
    fs::create_directories(run() / "checkpoints" / ".step-00000018.77.partial");
    writeFile(run() / ".run.json.77.partial", "{");
  }
  [[nodiscard]] std::vector<std::string> checkpoints() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(run() / "checkpoints")) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] Json state() const { return readJson(run() / "run.json")["state"]; }

  TemporaryFolder folder_;
  std::string notes_;
};

TEST_F(Resume, GoesOnToTheSameBitsAfterAStopAtAnyStep) {
  const Outcome expected = uninterrupted(settings());
  for (const int steps : {1, 2, 5, 6, 8, 13, 14, 19}) {
    trainUntil(settings(), steps);
    EXPECT_EQ(state(), "interrupted");
    EXPECT_FALSE(fs::exists(run() / "sae"));
    EXPECT_EQ(resume().resumedFrom, steps);
    EXPECT_EQ(state(), "finished");
    EXPECT_TRUE(outcome() == expected) << "stopped after " << steps << " steps";
    fs::remove_all(run());
  }
}

TEST_F(Resume, GoesOnAfterManyStops) {
  const Outcome expected = uninterrupted(settings());
  trainUntil(settings(), 2);
  for (int done = 2; done + 3 < kSteps; done += 3) {
    StopsAfter sink(3);
    EXPECT_THROW(resumeTraining(run(), {}, {.stop = sink.stop.get_token(), .progress = sink}),
                 Interrupted);
  }
  EXPECT_EQ(resume().resumedFrom, 17);
  EXPECT_TRUE(outcome() == expected);
}

TEST_F(Resume, GoesOnInEveryModeOfTheRecipe) {
  for (const bool shuffle : {true, false}) {
    for (const L1Mode mode : {L1Mode::UntilTarget, L1Mode::Fixed}) {
      for (const Resampling resampling : {Resampling::Kaiming, Resampling::None}) {
        TrainSettings given = settings();
        given.shuffle = shuffle;
        given.l1Mode = mode;
        given.l1Warmup = 4;
        given.resampling = resampling;
        given.normalisation = Normalisation::None;
        const Outcome expected = uninterrupted(given);
        trainUntil(given, 9);
        resume();
        EXPECT_TRUE(outcome() == expected) << shuffle << nameOf(mode) << nameOf(resampling);
        fs::remove_all(run());
      }
    }
  }
}

TEST_F(Resume, GoesOnFromTheLastCheckpointAfterAKill) {
  const Outcome expected = uninterrupted(settings());
  trainUntil(settings(), 18);
  fs::remove_all(checkpoint(18));
  makeItLookKilled();
  EXPECT_EQ(resume().resumedFrom, 15);
  EXPECT_TRUE(outcome() == expected);
  EXPECT_FALSE(fs::exists(run() / "checkpoints" / ".step-00000018.77.partial"));
  EXPECT_FALSE(fs::exists(run() / ".run.json.77.partial"));
}

TEST_F(Resume, StartsOverBeforeTheFirstCheckpoint) {
  const Outcome expected = uninterrupted(settings());
  trainUntil(settings(), 4);
  fs::remove_all(run() / "checkpoints");
  makeItLookKilled();
  EXPECT_EQ(resume().resumedFrom, 0);
  EXPECT_TRUE(outcome() == expected);
}

TEST_F(Resume, SkipsCheckpointsThatAreNotWhole) {
  const Outcome expected = uninterrupted(settings());
  trainUntil(settings(), 17);
  const fs::path newest = checkpoint(17) / "state.safetensors";
  fs::resize_file(newest, fs::file_size(newest) / 2);
  fs::remove(checkpoint(15) / "state.json");
  EXPECT_EQ(resume().resumedFrom, 10);
  EXPECT_THAT(notes_, HasSubstr("skipped step-00000017"));
  EXPECT_THAT(notes_, HasSubstr("skipped step-00000015"));
  EXPECT_TRUE(outcome() == expected);
}

TEST_F(Resume, SkipsCheckpointsWhoseRowsAreLost) {
  const Outcome expected = uninterrupted(settings());
  trainUntil(settings(), 12);
  fs::resize_file(run() / "metrics.csv", fs::file_size(run() / "metrics.csv") - 5);
  EXPECT_EQ(resume().resumedFrom, 10);
  EXPECT_TRUE(outcome() == expected);
}

TEST_F(Resume, LeavesAFinishedRunAsItIs) {
  trainUntil(settings(), kNever);
  const std::string description = readFile(run() / "run.json"), log = readFile(run() / "log.txt");
  const ResumedTraining resumed = resume();
  EXPECT_TRUE(resumed.wasFinished);
  EXPECT_EQ(resumed.last.step, kSteps - 1);
  EXPECT_EQ(readFile(run() / "run.json"), description);
  EXPECT_EQ(readFile(run() / "log.txt"), log);
}

TEST_F(Resume, RefusesInputsThatChanged) {
  trainUntil(settings(), 6);
  writeSafetensors(file(), {{"activations", fromTorch(at::zeros({50, 6}))}});
  const UserError error = resumeError();
  EXPECT_EQ(error.code(), ErrorCode::BadFile);
  EXPECT_THAT(error.what(), HasSubstr("inputs activations hash"));
  EXPECT_EQ(state(), "interrupted");
}

TEST_F(Resume, RefusesARunThatIsBeingWritten) {
  trainUntil(settings(), 6);
  EXPECT_FALSE(isBeingWritten(run()));
  {
    const RunFolder held = RunFolder::open(run());
    EXPECT_TRUE(isBeingWritten(run()));
    EXPECT_EQ(resumeError().code(), ErrorCode::CannotWrite);
    TrainSettings again = settings();
    again.force = true;
    EXPECT_THROW(trainUntil(again, kNever), UserError);
  }
  EXPECT_FALSE(isBeingWritten(run()));
  EXPECT_EQ(resume().resumedFrom, 6);
}

TEST_F(Resume, RefusesWhatIsNoRun) {
  EXPECT_EQ(resumeError().code(), ErrorCode::NotFound);
  fs::create_directories(run());
  EXPECT_EQ(resumeError().code(), ErrorCode::NotFound);
  for (const char* description :
       {"", "[]", "{}", R"({"kind": "train"})", R"({"kind": "train", "settings": {}})",
        R"({"kind": "train", "settings": [], "state": 3})"}) {
    writeFile(run() / "run.json", description);
    EXPECT_EQ(resumeError().code(), ErrorCode::BadFile) << description;
  }
  writeFile(run() / "run.json", R"({"kind": "cooking"})");
  EXPECT_EQ(resumeError().code(), ErrorCode::Unsupported);
}

TEST_F(Resume, GoesOnOnceThereIsRoomForACheckpointAgain) {
  const Outcome expected = uninterrupted(settings());
  trainUntil(settings(), 3);
  fs::remove_all(run() / "checkpoints");
  writeFile(run() / "checkpoints", "in the way");
  const UserError error = resumeError();
  EXPECT_EQ(error.code(), ErrorCode::CannotWrite);
  EXPECT_THAT(error.what(), HasSubstr("featurescope resume"));
  EXPECT_EQ(state(), "failed");
  fs::remove(run() / "checkpoints");
  resume();
  EXPECT_TRUE(outcome() == expected);
}

TEST_F(Resume, KeepsTheNewestCheckpointsOnly) {
  TrainSettings given = settings();
  given.checkpointEvery = 4;
  given.keepCheckpoints = 2;
  trainUntil(given, kNever);
  EXPECT_THAT(checkpoints(), ElementsAre("step-00000012", "step-00000016"));
}

TEST_F(Resume, HoldsAnSaeInEveryCheckpoint) {
  trainUntil(settings(), 5);
  const Autoencoder sae = Autoencoder::load(checkpoint(5) / "sae");
  EXPECT_EQ(sae.width(), 6);
  EXPECT_THAT(checkpoints(), ElementsAre("step-00000005"));
}

TEST_F(Resume, AFailedRunNamesItsLastGoodState) {
  TrainSettings given = settings();
  given.shuffle = false;
  at::Tensor x = at::randn({kSteps * 8, 6});
  x.narrow(0, 12 * 8, 8).mul_(1e30);
  writeSafetensors(file(), {{"activations", fromTorch(x)}});
  given.normalisation = Normalisation::None;
  given.decoderBias = DecoderBias::Zero;
  try {
    trainUntil(given, kNever);
    FAIL() << "it trained";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFinite);
    EXPECT_THAT(error.what(), HasSubstr("step-00000010"));
  }
  EXPECT_EQ(state(), "failed");
  EXPECT_FALSE(fs::exists(run() / "sae"));
  EXPECT_THAT(checkpoints(), ElementsAre("step-00000005", "step-00000010"));
}

TEST_F(Resume, NormalisesAndFoldsBack) {
  // An SAE of x/σ is scaled to x: features and reconstruction are those of x/σ times σ.
  TrainSettings given = settings();
  trainUntil(given, kNever);
  const double sigma = readJson(run() / "run.json")["sigma"].get<double>();
  const at::Tensor x = toTorch(TensorFile::open(file()).tensor("activations")).clone();
  EXPECT_NEAR(sigma, std::sqrt(x.square().mean().item<double>()), 1e-5);
  const Autoencoder inUnits = Autoencoder::load(run());
  AutoencoderParameters normalised = inUnits.parameters();
  normalised.b_enc = normalised.b_enc / sigma;
  normalised.b_dec = normalised.b_dec / sigma;
  const Autoencoder inSigmas(normalised);
  const at::Tensor features = inSigmas.encode(x / sigma);
  EXPECT_TRUE(at::allclose(inUnits.encode(x), features * sigma, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(inUnits.decode(inUnits.encode(x), x),
                           inSigmas.decode(features, x / sigma) * sigma, 1e-4, 1e-5));
}

TEST(ResumeCommand, IsWhatAShellTakes) {
  EXPECT_EQ(resumeCommand("runs/a-1"), "featurescope resume runs/a-1");
  EXPECT_EQ(resumeCommand("my run"), "featurescope resume 'my run'");
  EXPECT_EQ(resumeCommand("it's"), R"(featurescope resume 'it'\''s')");
}

/// The same on a language model's activations, with held-out figures on the way.
class ResumeOnAModel : public Resume {
 protected:
  void SetUp() override {
    NeoxConfig config;
    config.layers = 2;
    config.width = 16;
    config.heads = 2;
    config.innerWidth = 32;
    config.vocabulary = 479;
    saveLanguageModel(folder_.path() / "model",
                      LanguageModel(config, NeoxWeights::random(config, 1)), at::kFloat);
    fs::copy_file(testing::ownData("tiny_tokenizer.json"),
                  folder_.path() / "model" / "tokenizer.json");
    std::string text;
    for (int i = 0; i < 40; ++i)
      text += "The year " + std::to_string(1900 + i) + " was a wet one.\n";
    writeFile(folder_.path() / "text.txt", text);
    writeFile(folder_.path() / "held.txt", text.substr(text.size() / 2));
  }
  [[nodiscard]] TrainSettings modelSettings() const {
    TrainSettings settings = this->settings();
    settings.activations.clear();
    settings.model = folder_.path() / "model";
    settings.site = {Layer{1}, SiteKind::MlpOut};
    settings.corpus.files = {folder_.path() / "text.txt"};
    settings.corpus.context = 8;
    settings.shuffleBuffer = 64;
    settings.heldOut = {folder_.path() / "held.txt"};
    settings.evaluateEvery = 6;
    return settings;
  }
};

TEST_F(ResumeOnAModel, GoesOnToTheSameBitsAndHeldOutFigures) {
  for (const bool shuffle : {true, false}) {
    TrainSettings given = modelSettings();
    given.shuffle = shuffle;
    const Outcome expected = uninterrupted(given);
    std::istringstream rows(expected.heldOut);
    std::vector<std::string> steps;
    for (std::string row; std::getline(rows, row);) steps.push_back(row.substr(0, row.find(',')));
    EXPECT_THAT(steps, ElementsAre("step", "6", "12", "18", "20"));
    for (const int stop : {1, 6, 11, 12, 19}) {
      trainUntil(given, stop);
      resume();
      EXPECT_TRUE(outcome() == expected) << "shuffled " << shuffle << ", stopped after " << stop;
      fs::remove_all(run());
    }
  }
}

TEST_F(ResumeOnAModel, RefusesAnotherText) {
  trainUntil(modelSettings(), 6);
  writeFile(folder_.path() / "text.txt", readFile(folder_.path() / "text.txt") + "More.");
  EXPECT_THAT(resumeError().what(), HasSubstr("inputs text 0 hash"));
}

}  // namespace
}  // namespace featurescope
