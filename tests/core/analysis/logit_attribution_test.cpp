// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/logit_attribution_torch.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/core/analysis/tiny_study.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace featurescope {
namespace {

using testing::TinyStudy;

at::Tensor normal(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  RandomStream random(seed, "test");
  at::Tensor result = at::empty({rows, columns});
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    result.mutable_data_ptr<float>()[i] = static_cast<float>(random.normal());
  }
  return result;
}

class LogitAttributionTest : public ::testing::Test {
 protected:
  LogitAttributionTest() { applyThreads({.threads = 1}); }
  [[nodiscard]] JobContext job() { return {.stop = {}, .progress = progress_}; }
  [[nodiscard]] std::vector<ExtremeLogits> extremes(const LogitAttribution& attribution,
                                                    const at::Tensor& decoder, std::int64_t count) {
    std::vector<ExtremeLogits> all;
    attribution.forEachFeature(decoder, Tokenizer::load(study_.model), count, job(),
                               [&](FeatureId feature, ExtremeLogits found) {
                                 EXPECT_EQ(feature.value, std::ssize(all));
                                 all.push_back(std::move(found));
                               });
    return all;
  }

  c10::NoGradGuard noGradients_;
  TinyStudy study_;
  SilentProgress progress_;
};

TEST_F(LogitAttributionTest, IsTheFormulaTermByTerm) {
  const at::Tensor unembedding = normal(11, 4, 1), scale = at::tensor({1.F, -2.F, 0.5F, 3.F}),
                   decoder = normal(3, 4, 2);
  const at::Tensor values = LogitAttribution(scale, unembedding).logits(decoder);
  ASSERT_EQ(values.sizes(), at::IntArrayRef({3, 11}));
  const auto u = unembedding.accessor<float, 2>(), w = decoder.accessor<float, 2>();
  for (int feature = 0; feature < 3; ++feature) {
    double sumOfValues = 0;
    for (int token = 0; token < 11; ++token) {
      double expected = 0;
      for (int i = 0; i < 4; ++i) {
        double mean = 0;
        for (int other = 0; other < 11; ++other) mean += static_cast<double>(u[other][i]) / 11;
        expected += static_cast<double>(w[feature][i]) * scale[i].item<double>() *
                    (static_cast<double>(u[token][i]) - mean);
      }
      EXPECT_NEAR(values[feature][token].item<double>(), expected, 1e-5);
      sumOfValues += values[feature][token].item<double>();
    }
    EXPECT_NEAR(sumOfValues, 0, 1e-4);  // centred
  }
}

TEST_F(LogitAttributionTest, IsHowTheLogitsMoveAlongTheFeatureButForTheirMean) {
  // With the standard deviation held still, the logits are linear in the last hidden state: the
  // finite difference of γ ⊙ h · Uᵀ along the decoder row is the attribution.
  const LanguageModel model = LanguageModel::open(study_.model, {});
  const auto attribution = LogitAttribution::open(study_.model, {Layer{1}, SiteKind::MlpOut}, {});
  const at::Tensor row = normal(1, TinyStudy::config().width, 3);
  const auto logits = [&](const at::Tensor& hidden) {
    return at::linear(hidden * model.weights().finalNormWeight, model.weights().embedOut);
  };
  const at::Tensor hidden = normal(1, TinyStudy::config().width, 4);
  const at::Tensor difference = logits(hidden + row) - logits(hidden);
  const at::Tensor expected = difference - difference.mean();
  EXPECT_LT((attribution.logits(row) - expected).abs().max().item<double>(), 1e-5);
}

TEST_F(LogitAttributionTest, TheExtremesAreThoseOfASortedRowOfNamedTokens) {
  const std::int64_t vocabulary = 260;  // the tokenizer names 257 of them
  const at::Tensor unembedding = normal(vocabulary, 6, 5), decoder = normal(9, 6, 6);
  unembedding.slice(0, 257).mul_(100);  // the padding would win
  const LogitAttribution attribution(at::ones({6}), unembedding);
  const at::Tensor values = attribution.logits(decoder).narrow(1, 0, 257);
  const auto found = extremes(attribution, decoder, 7);
  ASSERT_EQ(found.size(), 9u);
  for (std::int64_t feature = 0; feature < 9; ++feature) {
    const auto [ascending, ids] = values[feature].sort();
    const ExtremeLogits& ends = found[static_cast<std::size_t>(feature)];
    ASSERT_EQ(ends.promoted.size(), 7u);
    ASSERT_EQ(ends.suppressed.size(), 7u);
    for (std::int64_t rank = 0; rank < 7; ++rank) {
      const auto at = static_cast<std::size_t>(rank);
      EXPECT_EQ(ends.promoted[at].token.value, ids[256 - rank].item<std::int64_t>());
      EXPECT_EQ(ends.promoted[at].value, ascending[256 - rank].item<float>());
      EXPECT_EQ(ends.suppressed[at].token.value, ids[rank].item<std::int64_t>());
      EXPECT_EQ(ends.suppressed[at].value, ascending[rank].item<float>());
    }
  }
}

TEST_F(LogitAttributionTest, EqualValuesGoById) {
  const LogitAttribution attribution(at::ones({1}), at::zeros({260, 1}));
  const auto found = extremes(attribution, at::ones({1, 1}), 3);
  for (std::int32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found[0].promoted[static_cast<std::size_t>(i)].token, TokenId{i});
    EXPECT_EQ(found[0].suppressed[static_cast<std::size_t>(i)].token, TokenId{i});
  }
}

TEST_F(LogitAttributionTest, MoreThanTheVocabularyIsTheWholeVocabulary) {
  const LogitAttribution attribution(at::ones({2}), normal(260, 2, 7));
  EXPECT_EQ(extremes(attribution, normal(1, 2, 8), 5000)[0].promoted.size(), 257u);
}

TEST_F(LogitAttributionTest, ASiteBeforeTheNonlinearityIsRefused) {
  try {
    (void)LogitAttribution::open(study_.model, {Layer{1}, SiteKind::MlpPre}, {});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
  }
}

TEST_F(LogitAttributionTest, RowsOfAnotherWidthAreAnError) {
  const auto attribution = LogitAttribution::open(study_.model, {Layer{1}, SiteKind::Resid}, {});
  EXPECT_THROW((void)attribution.logits(at::ones({1, 5})), UserError);
}

}  // namespace
}  // namespace featurescope
