// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/finetune/suffix_gradient_torch.h"
#include "tests/support/tiny_model.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using ::testing::ElementsAre;
using testing::ModelShape;
using testing::randomModel;

/// Three sequences of different lengths, two of which begin alike.
TokenBatch sequences() {
  TokenBatch batch;
  batch.length = 6;
  batch.lengths = {6, 4, 3};
  for (const int id : {1, 2, 3, 4, 5, 6, 1, 2, 3, 9, 0, 0, 7, 8, 2, 0, 0, 0}) {
    batch.tokens.push_back(TokenId{id});
  }
  return batch;
}

double lossOf(const LanguageModel& model, const SiteBatch& batch, const at::Tensor& output,
              const CountedTargets& targets) {
  const at::NoGradGuard noGradients;
  const at::Tensor logits =
      model.logits(model.forwardFrom(batch.prefix, batch.valueOf(output))).to(at::kDouble);
  const at::Tensor chosen = logits.flatten(0, 1).index_select(0, targets.sources).log_softmax(-1);
  return -chosen.gather(1, targets.ids.unsqueeze(1)).mean().item<double>();
}

TEST(CountedTargets, AreThoseFromEachRowsFirstToItsLastRealToken) {
  const CountedTargets targets = countedTargets(sequences(), {4, 1, 3}, at::kCPU);
  EXPECT_TRUE(targets.sources.equal(at::tensor({3, 4, 6, 7, 8}, at::kLong)));
  EXPECT_TRUE(targets.ids.equal(at::tensor({5, 6, 2, 3, 9}, at::kLong)));
}

TEST(CountedTargets, ShareTheStateBehindTheSameBeginning) {
  const CountedTargets targets = countedTargets(sequences(), {1, 1, 1}, at::kCPU);
  // The second row begins as the first: 1, 1 2 and 1 2 3.
  EXPECT_TRUE(targets.states.equal(at::tensor({0, 1, 2, 3, 4, 12, 13}, at::kLong)));
  EXPECT_TRUE(targets.places.equal(at::tensor({0, 1, 2, 3, 4, 0, 1, 2, 5, 6}, at::kLong)));
}

class SuffixGradientOf : public ::testing::TestWithParam<SiteKind> {};

TEST_P(SuffixGradientOf, EqualsFiniteDifferencesOfTheMeanLoss) {
  const LanguageModel model = randomModel(ModelShape{.layers = 3, .width = 16}, 4);
  const Site site{Layer{1}, GetParam()};
  const at::NoGradGuard noGradients;
  const SiteBatch batch = SiteStates::compute(model, site, sequences());
  const CountedTargets targets = countedTargets(sequences(), {1, 1, 1}, at::kCPU);
  at::manual_seed(1);
  // Functions of x, as every output is: tokens behind the same beginning get the same.
  const std::int64_t width = batch.x.size(1);
  const auto drawn = [&] { return batch.x.mm(at::randn({width, width})).div_(batch.x.std()); };
  const at::Tensor output = drawn();
  const SuffixGradient gradient = suffixGradient(model, batch, output, targets);
  EXPECT_NEAR(gradient.loss, lossOf(model, batch, output, targets), 1e-6);
  for (int direction = 0; direction < 5; ++direction) {
    const at::Tensor along = drawn();
    constexpr double kStep = 1e-2;
    const double slope = (lossOf(model, batch, output + along * kStep, targets) -
                          lossOf(model, batch, output - along * kStep, targets)) /
                         (2 * kStep);
    const double expected = (gradient.output * along).sum(at::kDouble).item<double>();
    EXPECT_NEAR(slope, expected, 1e-3 * std::abs(expected) + 1e-5);
  }
}

TEST_P(SuffixGradientOf, IsTheSameBitsWithTheActivationsComputedAgain) {
  const LanguageModel model = randomModel(ModelShape{.layers = 4, .width = 16}, 4);
  const at::NoGradGuard noGradients;
  const SiteBatch batch = SiteStates::compute(model, {Layer{1}, GetParam()}, sequences());
  const CountedTargets targets = countedTargets(sequences(), {1, 2, 1}, at::kCPU);
  const SuffixGradient kept = suffixGradient(model, batch, batch.x.mul(0.9), targets);
  const SuffixGradient again =
      suffixGradient(model, batch, batch.x.mul(0.9), targets, KeptActivations::Checkpoints);
  EXPECT_EQ(again.loss, kept.loss);
  EXPECT_TRUE(at::equal(again.output, kept.output));
  EXPECT_GT(kept.output.abs().max().item<float>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Sites, SuffixGradientOf,
                         ::testing::Values(SiteKind::MlpPre, SiteKind::MlpOut, SiteKind::Resid));

}  // namespace
}  // namespace featurescope
