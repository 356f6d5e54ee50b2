// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/block_reuse.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kMegabyte = 1 << 20;

class BlockReuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "under the address sanitizer every block is LibTorch's";
#endif
  }
};

at::Tensor bytes(std::int64_t count) { return at::empty({count}, at::kByte); }

TEST_F(BlockReuseTest, AFreedBlockServesTheNextOfItsSize) {
  const BlockReuse reuse;
  at::Tensor first = bytes(5 * kMegabyte);
  const void* const where = first.data_ptr();
  first.reset();
  EXPECT_EQ(bytes(5 * kMegabyte).data_ptr(), where);
  EXPECT_EQ(bytes(5 * kMegabyte - 1000).data_ptr(), where) << "a little smaller";
}

TEST_F(BlockReuseTest, NoBlockServesTwoTensors) {
  const BlockReuse reuse;
  std::vector<at::Tensor> held;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) held.push_back(at::full({kMegabyte}, i, at::kInt));
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(held[held.size() - 4 + i].eq(i).all().item<bool>());
    held.erase(held.begin(), held.begin() + 2);
  }
}

TEST_F(BlockReuseTest, ALargeBlockDoesNotServeASmallTensor) {
  const BlockReuse reuse;
  at::Tensor large = bytes(64 * kMegabyte);
  const void* const where = large.data_ptr();
  large.reset();
  EXPECT_NE(bytes(2 * kMegabyte).data_ptr(), where);
}

TEST_F(BlockReuseTest, ABlockMayBeFreedOnAnotherThreadAndAfterTheLastUser) {
  at::Tensor tensor;
  {
    const BlockReuse reuse;
    tensor = at::ones({4 * kMegabyte}, at::kByte);
    at::Tensor other = at::ones({4 * kMegabyte}, at::kByte);
    std::jthread([&other] { other.reset(); });
  }
  EXPECT_EQ(tensor.sum().item<std::int64_t>(), 4 * kMegabyte);
  std::jthread([&tensor] { tensor.reset(); });
  EXPECT_EQ(at::ones({4 * kMegabyte}, at::kByte).sum().item<std::int64_t>(), 4 * kMegabyte);
}

TEST_F(BlockReuseTest, TensorsOfBeforeAreFreedByWhoMadeThem) {
  at::Tensor before = at::ones({3 * kMegabyte}, at::kByte);
  const BlockReuse reuse;
  before.resize_({6 * kMegabyte});  // its storage moves to a block
  EXPECT_EQ(before.narrow(0, 0, 3 * kMegabyte).sum().item<std::int64_t>(), 3 * kMegabyte);
}

}  // namespace
}  // namespace featurescope
