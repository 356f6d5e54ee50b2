// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/resume_run.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensorfile/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ResumeRun : public ::testing::Test {
 protected:
  static constexpr int kSteps = 3;

  [[nodiscard]] fs::path run() const { return folder_.path() / "run"; }

  [[nodiscard]] TrainSettings settings() const {
    static constexpr std::array<float, 8> kNumbers{1, -2, 0.5, 3, -1, 2, 4, -0.25};
    const fs::path activations = folder_.path() / "x.safetensors";
    writeSafetensors(activations, {{"activations",
                                    {DType::F32, {4, 2}, std::as_bytes(std::span(kNumbers)), {}}}});
    TrainSettings settings;
    settings.activations = activations;
    settings.out = run();
    settings.batch = 1;
    settings.corpus.context = 2;
    settings.steps = kSteps;
    settings.checkpointEvery = 1;
    settings.compute.threads = 1;
    return settings;
  }

  [[nodiscard]] std::string refusalOf(const std::string& kind) const {
    fs::create_directories(run());
    writeJson(run() / "run.json", {{"kind", kind}});
    try {
      (void)resumeRun(run(), {}, job());
    } catch (const UserError& error) {
      return error.what();
    }
    return "nothing was refused";
  }

  [[nodiscard]] JobContext job() const { return {.stop = stop_.get_token(), .progress = silent_}; }

  std::stop_source stop_;

 private:
  TemporaryFolder folder_;
  mutable SilentProgress silent_;
};

TEST_F(ResumeRun, GoesOnWithATraining) {
  stop_.request_stop();
  EXPECT_THROW(trainAutoencoder(settings(), job()), Interrupted);
  stop_ = {};
  const ResumedRun resumed = resumeRun(run(), {}, job());
  ASSERT_TRUE(std::holds_alternative<ResumedTraining>(resumed));
  EXPECT_EQ(std::get<ResumedTraining>(resumed).last.step, kSteps - 1);
}

TEST_F(ResumeRun, GivesAFineTuningToItsOwnJob) {
  EXPECT_THAT(refusalOf("finetune"), AllOf(HasSubstr("run.json"), Not(HasSubstr("it is not a"))));
}

TEST_F(ResumeRun, RefusesWhatIsNeither) {
  EXPECT_THAT(refusalOf("index"), HasSubstr("it is not a train run"));
}

TEST_F(ResumeRun, RefusesAFolderThatIsNoRun) {
  EXPECT_THROW((void)resumeRun(run(), {}, job()), UserError);
}

}  // namespace
}  // namespace featurescope
