// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/compute.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/lm/cpu_limit.h"
#include "core/lm/device_torch.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using ::testing::StartsWith;

/// A folder of control groups as the kernel presents them.
class ControlGroups : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root() / file).parent_path());
    writeFile(root() / file, text);
  }
  [[nodiscard]] std::filesystem::path root() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

TEST_F(ControlGroups, VersionTwoGrantsItsQuotaRoundedUp) {
  write("app/cpu.max", "150000 100000\n");
  EXPECT_EQ(controlGroupCores("0::/app\n", root()), 2);
}

TEST_F(ControlGroups, TheStrictestGroupOnTheWayUpDecides) {
  write("a/cpu.max", "100000 100000\n");
  write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(controlGroupCores("0::/a/b\n", root()), 1);
}

TEST_F(ControlGroups, AContainerThatSeesItsGroupAsTheMountIsLimitedToo) {
  write("cpu.max", "400000 100000\n");
  EXPECT_EQ(controlGroupCores("0::/somewhere/outside\n", root()), 4);
}

TEST_F(ControlGroups, VersionOneGrantsItsQuota) {
  write("cpu/job/cpu.cfs_quota_us", "300000\n");
  write("cpu/job/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(controlGroupCores("5:memory:/job\n4:cpu,cpuacct:/job\n", root()), 3);
}

TEST_F(ControlGroups, NoLimitIsNone) {
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  write("app/cpu.max", "max 100000\n");
  EXPECT_EQ(controlGroupCores("4:cpu:/\n0::/app\n", root()), std::nullopt);
  EXPECT_EQ(controlGroupCores("", root()), std::nullopt);
  EXPECT_EQ(controlGroupCores("nonsense", root()), std::nullopt);
}

TEST(Compute, UsesTheThreadsItIsTold) {
  EXPECT_GE(availableThreads(), 1);
  applyThreads({});
  EXPECT_EQ(at::get_num_threads(), availableThreads());
  applyThreads({.threads = 1});
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_THROW(applyThreads({.threads = -1}), UserError);
}

TEST(Compute, TheCpuComputesInFloat32UnlessTold) {
  const auto device = resolveDevice({.device = "cpu"});
  EXPECT_TRUE(device.is_cpu());
  EXPECT_EQ(resolveDtype({}, device), at::kFloat);
  EXPECT_EQ(resolveDtype({.dtype = "bfloat16"}, device), at::kBFloat16);
  EXPECT_EQ(resolveDtype({.dtype = "float16"}, device), at::kHalf);
  EXPECT_THROW((void)resolveDtype({.dtype = "int8"}, device), UserError);
}

TEST(Compute, AWordThatIsNoDeviceIsWrongUsage) {
  for (const char* word : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", ""}) {
    try {
      (void)resolveDevice({.device = word});
      ADD_FAILURE() << word;
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::BadUsage) << word;
    }
  }
}

TEST(Compute, AMissingGpuIsSaidAndAutoStaysOnTheCpu) {
  try {
    (void)resolveDevice({.device = "cuda:127"});
    GTEST_SKIP() << "this machine has 128 GPUs";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
    EXPECT_THAT(error.what(), StartsWith("cannot use the GPU: "));
  }
}

TEST(Compute, DescribesTheCpu) {
  EXPECT_THAT(describeDevice({.threads = 2, .device = "cpu"}), StartsWith("CPU, 2 threads"));
  EXPECT_THAT(describeDevice({.threads = 1, .device = "cpu"}), StartsWith("CPU, 1 thread"));
  EXPECT_THAT(torchVersion(), StartsWith("2."));
}

}  // namespace
}  // namespace featurescope
