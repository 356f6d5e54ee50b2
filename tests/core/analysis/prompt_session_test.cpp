// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/prompt_session.h"

#include "core/analysis/sae_edit_torch.h"
#include "core/sae/feature_scales.h"
#include "tests/core/analysis/tiny_study.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace featurescope {
namespace {

using testing::TinyStudy;

class PromptSessionTest : public ::testing::Test {
 protected:
  PromptSessionTest() {
    parts_.model = study_.model;
    parts_.sae = study_.sae;
    parts_.site = {Layer{1}, SiteKind::MlpOut};
    parts_.fineTuning = study_.run;
    writeJson(study_.run / "run.json", {{"keep_error", true}});
    parts_.compute = {.threads = 1, .device = "cpu"};
  }

  [[nodiscard]] PromptResult run(const std::string& prompt) {
    return PromptSession::open(parts_)->run(prompt, {.stop = {}, .progress = progress_});
  }

  /// log p [tokens, vocabulary] of a whole pass with `edit` in place, in double.
  [[nodiscard]] at::Tensor logProbabilities(const std::string& prompt,
                                            const std::optional<LanguageModel::Edit>& edit) {
    const LanguageModel model = LanguageModel::open(study_.model, {});
    std::vector<std::int64_t> ids;
    for (const char c : prompt) ids.push_back(static_cast<unsigned char>(c));
    const auto pass =
        model.forward(at::tensor(ids, at::kLong).unsqueeze(0), {}, edit, /*wholePass=*/true);
    return model.logits(pass.hidden)[0].to(at::kDouble).log_softmax(-1);
  }

  void expectIs(const PromptPrediction& prediction, const at::Tensor& logs,
                const std::string& prompt) {
    ASSERT_EQ(prediction.losses.size(), prompt.size());
    EXPECT_TRUE(std::isnan(prediction.losses.front()));
    double sum = 0;
    for (std::size_t i = 1; i < prompt.size(); ++i) {
      const auto row = logs[static_cast<std::int64_t>(i) - 1];
      const double loss = -row[static_cast<unsigned char>(prompt[i])].item<double>();
      EXPECT_NEAR(prediction.losses[i], loss, 1e-4);
      sum += loss;
    }
    EXPECT_NEAR(prediction.meanLoss, sum / static_cast<double>(prompt.size() - 1), 1e-4);
    ASSERT_EQ(prediction.next.size(), prompt.size());
    for (std::size_t i = 0; i < prompt.size(); ++i) {
      const auto row = logs[static_cast<std::int64_t>(i)].exp();
      EXPECT_NEAR(prediction.next[i].front().probability, row.max().item<double>(), 1e-5);
      for (const PredictedToken& next : prediction.next[i]) {
        EXPECT_NEAR(next.probability, row[next.token.value].item<double>(), 1e-5);
      }
    }
  }

  c10::NoGradGuard noGradients_;
  TinyStudy study_;
  SilentProgress progress_;
  PromptParts parts_;
};

TEST_F(PromptSessionTest, PredictionsAreThoseOfWholePassesWithEachThingInPlace) {
  const std::string prompt = "The cat sat on twelve mats";
  const PromptResult result = run(prompt);
  expectIs(result.base.value(), logProbabilities(prompt, std::nullopt), prompt);
  const Autoencoder autoencoder = Autoencoder::load(study_.sae);
  expectIs(result.sae.value(),
           logProbabilities(prompt, saeEdit(parts_.site, autoencoder, std::nullopt, false)),
           prompt);
  const FeatureScales scales = FeatureScales::load(study_.run, TinyStudy::kFeatures);
  const bool keepsError = readJson(study_.run / "run.json").value("keep_error", false);
  expectIs(result.fineTuned.value(),
           logProbabilities(prompt, saeEdit(parts_.site, autoencoder, scales, keepsError)), prompt);
}

TEST_F(PromptSessionTest, FineTunedFeaturesAreScaledAndShifted) {
  const PromptResult result = run("mats");
  const at::Tensor z =
      Autoencoder::load(study_.sae)
          .preActivations(LanguageModel::open(study_.model, {})
                              .activations(at::tensor({'m', 'a', 't', 's'}, at::kLong).unsqueeze(0),
                                           parts_.site)[0]);
  const at::Tensor f = (z * study_.scale + study_.bias).relu();
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto& tuned = result.tokens[static_cast<std::size_t>(i)].fineTuned;
    EXPECT_EQ(std::ssize(tuned), f[i].gt(0).sum().item<std::int64_t>());
    for (const auto& [feature, value] : tuned) {
      EXPECT_NEAR(value, f[i][feature.value].item<float>(), 1e-5);
    }
  }
}

TEST_F(PromptSessionTest, WithoutPredictionsTheFeaturesAreTheSame) {
  const PromptResult whole = run("A cat");
  parts_.predictions = false;
  const PromptResult part = run("A cat");
  EXPECT_FALSE(part.base.has_value());
  ASSERT_EQ(part.tokens.size(), whole.tokens.size());
  for (std::size_t i = 0; i < part.tokens.size(); ++i) {
    EXPECT_EQ(part.tokens[i].activations, whole.tokens[i].activations);
  }
}

TEST_F(PromptSessionTest, PartsOfAnotherHashAreRefused) {
  parts_.saeHash = hashCheckpoint(inspectCheckpoint(study_.sae));
  EXPECT_NO_THROW((void)run("A cat"));
  parts_.modelHash = parts_.saeHash;
  EXPECT_THROW((void)run("A cat"), UserError);
}

TEST_F(PromptSessionTest, AStopEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  const auto session = PromptSession::open(parts_);
  EXPECT_THROW((void)session->run("A cat", {.stop = stop.get_token(), .progress = progress_}),
               Interrupted);
}

}  // namespace
}  // namespace featurescope
