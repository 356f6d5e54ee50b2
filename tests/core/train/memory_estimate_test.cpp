// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/memory_estimate.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "core/train/available_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using ::testing::HasSubstr;

TEST(MemoryEstimate, CountsEachPartOfARun) {
  const TemporaryFolder folder;
  TrainSettings settings;
  settings.activations = folder.path() / "x.safetensors";
  writeSafetensors(settings.activations, {{"activations", fromTorch(at::zeros({2, 64}))}});
  settings.features = 1024;
  settings.batch = 4;
  settings.corpus.context = 32;
  settings.steps = 1;
  const MemoryEstimate estimate = estimateMemory(settings);
  const double matrices = 2.0 * 64 * 1024 * 4;
  EXPECT_NEAR(estimate.weights / matrices, 1, 0.05);
  EXPECT_EQ(estimate.gradients, estimate.weights);
  EXPECT_EQ(estimate.moments, 2 * estimate.weights);
  EXPECT_GE(estimate.step, 2.0 * 128 * 1024 * 4);
  EXPECT_EQ(estimate.languageModel, 0);
  EXPECT_EQ(estimate.shuffleBuffer, 0);
}

TEST(MemoryEstimate, OfThePapersScaleIsBelowSixGigabytes) {
  const TemporaryFolder folder;
  TrainSettings settings;
  settings.activations = folder.path() / "x.safetensors";
  writeSafetensors(settings.activations, {{"activations", fromTorch(at::zeros({1, 4096}))}});
  settings.steps = 1;
  const double total = estimateMemory(settings).total();
  EXPECT_GT(total, 4 * 2 * 4096.0 * 16384 * 4);
  EXPECT_LT(total, 6e9);
}

TEST(MemoryEstimate, RefusesWhatDoesNotFit) {
  MemoryEstimate estimate;
  estimate.weights = 3e9;
  estimate.moments = 6e9;
  EXPECT_NO_THROW(checkFits(estimate, 9'000'000'000U));
  EXPECT_NO_THROW(checkFits(estimate, std::nullopt));
  try {
    checkFits(estimate, 8'900'000'000U);
    FAIL() << "it fits";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_THAT(error.what(), HasSubstr("9.0 GB"));
    EXPECT_THAT(error.what(), HasSubstr("8.9 GB are free"));
    EXPECT_THAT(error.what(), HasSubstr("--features"));
  }
}

class AvailableMemory : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    writeFile(folder_.path() / file, text);
  }
  [[nodiscard]] std::optional<std::uint64_t> available() const {
    return availableMemory({.memory = folder_.path() / "meminfo",
                            .membership = folder_.path() / "cgroup",
                            .groups = folder_.path() / "groups"});
  }
  TemporaryFolder folder_;
};

TEST_F(AvailableMemory, IsWhatTheMachineHasLeft) {
  write("meminfo", "MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:    1000 kB\n");
  EXPECT_EQ(available(), 1000U * 1024);
}

TEST_F(AvailableMemory, IsNotMoreThanAControlGroupAboveLeaves) {
  write("meminfo", "MemAvailable: 1000 kB\n");
  write("cgroup", "0::/outer/inner\n");
  write("groups/outer/memory.max", "600000\n");
  write("groups/outer/memory.current", "500000\n");
  write("groups/outer/memory.stat", "anon 200000\nfile 300000\n");
  write("groups/outer/inner/memory.max", "max\n");
  write("groups/outer/inner/memory.current", "1\n");
  EXPECT_EQ(available(), 400'000U);
}

TEST_F(AvailableMemory, KnowsTheFirstVersionOfControlGroups) {
  write("meminfo", "MemAvailable: 1000 kB\n");
  write("cgroup", "4:memory:/job\n2:cpu,cpuacct:/\n");
  write("groups/memory/job/memory.limit_in_bytes", "9000\n");
  write("groups/memory/job/memory.usage_in_bytes", "10000\n");
  write("groups/memory/job/memory.stat", "cache 1\ntotal_cache 4000\n");
  EXPECT_EQ(available(), 3000U);
}

TEST_F(AvailableMemory, IsUnknownWhereTheKernelSaysNothing) {
  EXPECT_EQ(available(), std::nullopt);
}

}  // namespace
}  // namespace featurescope
