// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attribute.h"

#include "core/base/error.h"
#include "tests/core/analysis/tiny_study.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <vector>

namespace featurescope {
namespace {

using testing::TinyStudy;

class AttributeTest : public ::testing::Test {
 protected:
  AttributeTest() {
    applyThreads({.threads = 1});
    request_.model = study_.model;
    request_.sae = study_.sae;
    request_.feature = FeatureId{7};
    request_.compute = {.threads = 1, .device = "cpu"};
  }
  [[nodiscard]] std::vector<AttributedToken> run() {
    return attribute(request_, {.stop = {}, .progress = progress_});
  }
  [[nodiscard]] ErrorCode failure() {
    try {
      (void)run();
    } catch (const UserError& error) {
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::Internal;
  }
  /// Centred after the product, in double.
  [[nodiscard]] at::Tensor expected() const {
    const LanguageModel model = LanguageModel::open(study_.model, {});
    const at::Tensor row = Autoencoder::load(study_.sae).parameters().W_dec[7].to(at::kDouble);
    const at::Tensor values = model.weights()
                                  .embedOut.to(at::kDouble)
                                  .mv(row * model.weights().finalNormWeight.to(at::kDouble));
    return values - values.mean();
  }

  c10::NoGradGuard noGradients_;
  TinyStudy study_;
  SilentProgress progress_;
  AttributeRequest request_{
      .model = {}, .sae = {}, .feature = {}, .site = {}, .tokens = {}, .compute = {}};
};

TEST_F(AttributeTest, GivesTheMostPromotedThenTheMostSuppressed) {
  request_.limit = 4;
  const auto rows = run();
  ASSERT_EQ(rows.size(), 8u);
  const auto [ascending, ids] = expected().narrow(0, 0, 257).sort();
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(rows[at].token.value, ids[256 - i].item<std::int64_t>());
    EXPECT_NEAR(rows[at].value, ascending[256 - i].item<double>(), 1e-6);
    EXPECT_EQ(rows[at + 4].token.value, ids[i].item<std::int64_t>());
    EXPECT_NEAR(rows[at + 4].value, ascending[i].item<double>(), 1e-6);
  }
}

TEST_F(AttributeTest, NamedTokensComeInTheirOrder) {
  request_.tokens = {"z", " ", "<|endoftext|>", "\n"};
  const auto rows = run();
  ASSERT_EQ(rows.size(), 4u);
  const std::vector<std::int32_t> ids{'z', ' ', 256, '\n'};
  const at::Tensor values = expected();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(rows[i].token.value, ids[i]);
    EXPECT_NEAR(rows[i].value, values[ids[i]].item<double>(), 1e-6);
  }
  EXPECT_EQ(rows[1].strToken, "·");
  EXPECT_EQ(rows[3].strToken, "↵");
}

TEST_F(AttributeTest, WhatCannotBeAttributedIsAnError) {
  request_.tokens = {"zz"};
  EXPECT_EQ(failure(), ErrorCode::BadText);
  request_.tokens = {};
  request_.feature = FeatureId{TinyStudy::kFeatures};
  EXPECT_EQ(failure(), ErrorCode::OutOfRange);
  request_.feature = FeatureId{0};
  request_.site = Site{Layer{0}, SiteKind::MlpPre};
  EXPECT_EQ(failure(), ErrorCode::Unsupported);
}

}  // namespace
}  // namespace featurescope
