// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluate.h"

#include "core/analysis/evaluation_json.h"
#include "core/analysis/feature_ablation_torch.h"
#include "core/analysis/sae_edit_torch.h"
#include "core/base/error.h"
#include "core/sae/feature_scales.h"
#include "tests/core/analysis/tiny_study.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace featurescope {
namespace {

using ::testing::HasSubstr;
using testing::TinyStudy;
using Replace = std::function<at::Tensor(const at::Tensor&)>;

/// TinyStudy with weights large enough that an edit at a site changes the loss.
class EvaluateTest : public ::testing::Test {
 protected:
  EvaluateTest() {
    applyThreads({.threads = 1});
    NeoxWeights weights = NeoxWeights::random(TinyStudy::config(), 3);
    for (const auto& [name, tensor] : weights.named()) {
      if (name.find("norm") == std::string::npos) tensor->mul_(8);
    }
    saveLanguageModel(study_.folder.path() / "lively", LanguageModel(TinyStudy::config(), weights),
                      at::kFloat);
    std::filesystem::copy_file(study_.model / "tokenizer.json",
                               study_.folder.path() / "lively" / "tokenizer.json");
    request_.model = study_.folder.path() / "lively";
    request_.sae = study_.sae;
    request_.corpus.files = study_.texts;
    request_.corpus.context = 16;
    request_.batch = 3;
    request_.compute = {.threads = 1, .device = "cpu"};
  }
  [[nodiscard]] EvaluateReport run() {
    return evaluate(request_, {.stop = {}, .progress = progress_});
  }
  UserError failure() {
    try {
      (void)run();
    } catch (const UserError& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::Internal, "", ""};
  }

  /// log softmax of every context's logits, float64 [contexts, 15, vocabulary], with an edit.
  [[nodiscard]] at::Tensor logProbabilities(const Site& site, const Replace& replace) const {
    const LanguageModel model = LanguageModel::open(request_.model, {});
    const auto pass =
        model.forward(tokens(), {}, LanguageModel::Edit{site, replace}, /*wholePass=*/true);
    return at::log_softmax(model.logits(pass.hidden).narrow(1, 0, 15), -1, at::kDouble);
  }
  [[nodiscard]] at::Tensor tokenLosses(const at::Tensor& logProbability) const {
    return logProbability.gather(2, tokens().narrow(1, 1, 15).unsqueeze(2)).squeeze(2).neg();
  }
  [[nodiscard]] double loss(const Site& site, const Replace& replace) const {
    return tokenLosses(logProbabilities(site, replace)).mean().item<double>();
  }
  [[nodiscard]] at::Tensor tokens() const {
    Corpus corpus(Tokenizer::load(request_.model), request_.corpus);
    TokenBatch batch;
    corpus.next(batch, 1000);
    return toTorch(batch, LanguageModel::open(request_.model, {}));
  }
  [[nodiscard]] at::Tensor siteValues() const {
    return LanguageModel::open(request_.model, {}).activations(tokens(), request_.site);
  }
  [[nodiscard]] static at::Tensor zeros(const at::Tensor& value) { return at::zeros_like(value); }

  c10::NoGradGuard noGradients_;
  TinyStudy study_;
  SilentProgress progress_;
  EvaluateRequest request_{.model = {},
                           .sae = {},
                           .site = {Layer{1}, SiteKind::MlpOut},
                           .lastLayer = {},
                           .corpus = {},
                           .ablations = {},
                           .fineTuning = {},
                           .compute = {}};
};

TEST_F(EvaluateTest, FiguresAreThoseOfWholeForwardPasses) {
  const EvaluateReport report = run();
  const Autoencoder autoencoder = Autoencoder::load(study_.sae);
  const at::Tensor x = siteValues().flatten(0, 1), f = autoencoder.encode(x),
                   error = x - autoencoder.decode(f, x);
  EXPECT_EQ(report.tokens, x.size(0));
  EXPECT_EQ(report.losses.predicted, tokens().size(0) * 15);
  const Replace sae = saeEdit(request_.site, autoencoder, {}, false).replace;
  EXPECT_NEAR(report.losses.base, loss(request_.site, [](const at::Tensor& v) { return v; }), 1e-5);
  EXPECT_NEAR(report.losses.sae, loss(request_.site, sae), 1e-5);
  EXPECT_NEAR(report.losses.zero, loss(request_.site, zeros), 1e-5);
  const at::Tensor mean = x.mean(0, false, at::kDouble).to(at::kFloat);
  EXPECT_NEAR(
      report.losses.mean,
      loss(request_.site, [&](const at::Tensor& v) { return mean.expand_as(v).contiguous(); }),
      1e-5);
  const auto& losses = report.losses;
  EXPECT_GT(std::abs(losses.zero - losses.base), 1e-3);
  EXPECT_NEAR(report.recovered.zero->value,
              (losses.zero - losses.sae) / (losses.zero - losses.base), 1e-9);
  EXPECT_LT(report.recovered.zero->low, report.recovered.zero->high);
  EXPECT_NEAR(report.l0, f.gt(0).sum(1).to(at::kDouble).mean().item<double>(), 1e-9);
  EXPECT_NEAR(report.reconstructionLoss, error.square().sum(1).mean().item<double>(), 1e-4);
  EXPECT_NEAR(*report.explainedVariance,
              1 - (error.square().sum() / (x - x.mean(0)).square().sum()).item<double>(), 1e-4);
  EXPECT_EQ(report.dead, f.gt(0).any(0).logical_not().sum().item<std::int64_t>());
  EXPECT_TRUE(report.layers.empty());
}

TEST_F(EvaluateTest, EveryLayerOfARangeIsReplacedAlone) {
  request_.site.layer = Layer{0};
  request_.lastLayer = Layer{2};
  const EvaluateReport report = run();
  ASSERT_EQ(report.layers.size(), 3u);
  const Autoencoder autoencoder = Autoencoder::load(study_.sae);
  for (std::int32_t layer = 0; layer < 3; ++layer) {
    const auto& at = report.layers[static_cast<std::size_t>(layer)];
    const Site site{Layer{layer}, SiteKind::MlpOut};
    EXPECT_EQ(at.layer, site.layer);
    EXPECT_NEAR(at.sae, loss(site, saeEdit(site, autoencoder, {}, false).replace), 1e-5);
    EXPECT_NEAR(at.zero, loss(site, zeros), 1e-5);
  }
  EXPECT_DOUBLE_EQ(report.layers[0].sae, report.losses.sae);
}

TEST_F(EvaluateTest, ItsJsonTellsTheLayersAgain) {
  request_.site.layer = Layer{0};
  request_.lastLayer = Layer{2};
  const EvaluateReport report = run();
  const LayerLosses losses = layerLossesFromJson(parseJson(toJson(report).dump(), "test"), "test");
  EXPECT_EQ(losses.base, report.losses.base);
  ASSERT_EQ(losses.layers.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(losses.layers[i].layer, report.layers[i].layer);
    EXPECT_EQ(losses.layers[i].sae, report.layers[i].sae);
    EXPECT_EQ(losses.layers[i].zero, report.layers[i].zero);
  }
  EXPECT_THROW((void)layerLossesFromJson(Json::array(), "test"), UserError);
}

TEST_F(EvaluateTest, AFineTuningScalesAndShiftsTheFeatures) {
  request_.fineTuning = study_.run;
  writeJson(study_.run / "run.json", Json::object());
  const Autoencoder autoencoder = Autoencoder::load(study_.sae);
  const FeatureScales scales = FeatureScales::load(study_.run, TinyStudy::kFeatures);
  for (const bool keepsError : {false, true}) {
    writeJson(study_.run / "run.json", {{"keep_error", keepsError}});
    const EvaluateReport report = run();
    const at::Tensor z = autoencoder.preActivations(siteValues().flatten(0, 1));
    const at::Tensor f = (z * study_.scale + study_.bias).relu();
    EXPECT_NEAR(report.l0, f.gt(0).sum(1).to(at::kDouble).mean().item<double>(), 1e-9);
    EXPECT_NEAR(
        report.losses.sae,
        loss(request_.site, saeEdit(request_.site, autoencoder, scales, keepsError).replace), 1e-5);
  }
}

TEST_F(EvaluateTest, AblatingAFeatureTakesItsContributionOutOfTheModel) {
  const Autoencoder autoencoder = Autoencoder::load(study_.sae);
  const at::Tensor x = siteValues();
  const at::Tensor f = autoencoder.encode(x.flatten(0, 1)).view({x.size(0), 16, -1});
  const at::Tensor before = logProbabilities(request_.site, [](const at::Tensor& v) { return v; });
  request_.ablations = {FeatureId{5}, FeatureId{4}, FeatureId{7}};  // 4 never activates
  const EvaluateReport report = run();
  ASSERT_EQ(report.ablations.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const FeatureAblation& ablation = report.ablations[i];
    const std::int32_t feature = request_.ablations[i].value;
    EXPECT_EQ(ablation.feature.value, feature);
    const at::Tensor value = f.select(2, feature);
    const at::Tensor after = logProbabilities(request_.site, [&](const at::Tensor& v) {
      return v - value.unsqueeze(2) * autoencoder.parameters().W_dec[feature];
    });
    const at::Tensor change = tokenLosses(after) - tokenLosses(before);
    const at::Tensor divergence = (before.exp() * (before - after)).sum(2);
    const at::Tensor active = value.narrow(1, 0, 15).gt(0);
    EXPECT_EQ(ablation.activeTokens, value.gt(0).sum().item<std::int64_t>());
    EXPECT_NEAR(ablation.lossChange, change.mean().item<double>(), 1e-6);
    EXPECT_NEAR(ablation.divergence, divergence.mean().item<double>(), 1e-6);
    if (feature == 4) {
      EXPECT_EQ(ablation.activeTokens, 0);
      EXPECT_EQ(ablation.lossChangeWhereActive, std::nullopt);
      continue;
    }
    EXPECT_GT(ablation.activeTokens, 0);
    EXPECT_GT(ablation.divergence, 1e-7);
    EXPECT_NEAR(*ablation.lossChangeWhereActive, change.masked_select(active).mean().item<double>(),
                1e-6);
    EXPECT_NEAR(*ablation.divergenceWhereActive,
                divergence.masked_select(active).mean().item<double>(), 1e-6);
  }
}

TEST_F(EvaluateTest, PaddedDocumentsAblateAsEachAlone) {
  request_.corpus.packing = Packing::Documents;
  request_.ablations = {FeatureId{5}};
  const FeatureAblation together = run().ablations[0];
  request_.batch = 1;
  const FeatureAblation alone = run().ablations[0];
  EXPECT_EQ(together.activeTokens, alone.activeTokens);
  EXPECT_NEAR(together.lossChange, alone.lossChange, 1e-6);
  EXPECT_NEAR(together.divergence, alone.divergence, 1e-6);
}

TEST_F(EvaluateTest, TokensAreWholeContextsAtMostSoMany) {
  request_.corpus.maxTokens = 50;
  EXPECT_EQ(run().tokens, 48);
}

TEST_F(EvaluateTest, TheSameSeedGivesTheSameIntervals) {
  const auto first = run().recovered, again = run().recovered;
  EXPECT_EQ(first.zero->low, again.zero->low);
  EXPECT_EQ(first.mean->high, again.mean->high);
  request_.compute.seed = 1;
  EXPECT_NE(run().recovered.zero->low, first.zero->low);
}

TEST_F(EvaluateTest, RequestsThatDoNotFitAreErrors) {
  request_.lastLayer = Layer{3};
  EXPECT_EQ(failure().code(), ErrorCode::OutOfRange);
  request_.lastLayer = Layer{0};
  EXPECT_EQ(failure().code(), ErrorCode::BadUsage);
  request_.lastLayer.reset();
  request_.site.kind = SiteKind::MlpPre;
  EXPECT_EQ(failure().code(), ErrorCode::ShapeMismatch);
  request_.site.kind = SiteKind::MlpOut;
  request_.ablations = {FeatureId{TinyStudy::kFeatures}};
  EXPECT_EQ(failure().code(), ErrorCode::OutOfRange);
  request_.ablations = {FeatureId{0}};
  request_.fineTuning = study_.run;
  EXPECT_EQ(failure().code(), ErrorCode::BadUsage);
}

}  // namespace
}  // namespace featurescope
