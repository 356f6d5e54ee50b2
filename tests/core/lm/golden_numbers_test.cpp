// SPDX-License-Identifier: GPL-3.0-or-later
// Our forward pass against what transformers computed from the same files
// (tests/parity/make_golden.py).
#include "core/lm/model_folder.h"
#include "tests/core/lm/golden_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using testing::allSites;
using testing::GoldenModel;
using testing::kTolerance;
using testing::relativeError;

class GoldenNumbers : public ::testing::TestWithParam<const char*> {
 protected:
  GoldenModel golden_{GetParam()};
  LanguageModel model_ = LanguageModel::open(golden_.folder, {});
  at::NoGradGuard noGrad_;
};

TEST_P(GoldenNumbers, EverySiteAndTheLogitsEqualThoseOfTransformers) {
  const auto sites = allSites(model_.config());
  const auto captured = model_.forward(golden_.ids(), sites, std::nullopt, true);
  for (const auto& site : sites) {
    EXPECT_LT(relativeError(captured.sites.at(site), golden_.expect(site.moduleName())), kTolerance)
        << site.moduleName();
  }
  EXPECT_LT(relativeError(model_.logits(captured.hidden), golden_.expect("logits")), kTolerance);
}

TEST_P(GoldenNumbers, TheMeanTokenLossEqualsThatOfTransformers) {
  const auto hidden = model_.forward(golden_.ids(), {}, std::nullopt, true).hidden;
  const auto losses = model_.tokenLosses(hidden, golden_.ids());
  EXPECT_EQ(losses.sizes(), at::IntArrayRef({2, golden_.ids().size(1) - 1}));
  EXPECT_NEAR(losses.mean().item<double>(), golden_.expect("loss").item<double>(), 1e-5);
}

TEST_P(GoldenNumbers, AModelOpenedUpToASiteComputesTheSameValueThere) {
  for (const auto& site : allSites(model_.config())) {
    const auto part = LanguageModel::open(golden_.folder, {.upTo = site});
    EXPECT_LT(
        relativeError(part.activations(golden_.ids(), site), golden_.expect(site.moduleName())),
        kTolerance)
        << site.moduleName();
  }
}

TEST_P(GoldenNumbers, GoingOnFromASitesOwnValueEndsInTheSameLogits) {
  for (const auto& site : allSites(model_.config())) {
    const auto prefix = model_.forwardTo(golden_.ids(), site);
    EXPECT_LT(relativeError(prefix.value, golden_.expect(site.moduleName())), kTolerance);
    const auto logits = model_.logits(model_.forwardFrom(prefix, prefix.value));
    EXPECT_LT(relativeError(logits, golden_.expect("logits")), kTolerance) << site.moduleName();
  }
}

TEST_P(GoldenNumbers, GoingOnFromAChangedValueEqualsAWholePassWithThatEdit) {
  const auto change = [](const at::Tensor& value) { return value * 0.5 + 0.25; };
  for (const auto& site : allSites(model_.config())) {
    const auto prefix = model_.forwardTo(golden_.ids(), site);
    const auto continued = model_.forwardFrom(prefix, change(prefix.value));
    const auto whole =
        model_.forward(golden_.ids(), {site}, LanguageModel::Edit{site, change}, true);
    EXPECT_LT(relativeError(continued, whole.hidden), kTolerance) << site.moduleName();
    EXPECT_LT(relativeError(whole.sites.at(site), change(prefix.value)), kTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, GoldenNumbers,
                         ::testing::Values("parallel", "sequential", "full_rotary",
                                           "rope_parameters", "no_attention_bias", "gelu_new",
                                           "gelu_fast", "float16", "bfloat16", "sharded", "tied",
                                           "pickled", "base_names"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace featurescope
