// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/lm/compute.h"
#include "core/train/inserted_loss_torch.h"
#include "tests/support/test_data.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace featurescope {
namespace {

constexpr std::int64_t kFeatures = 40;

NeoxConfig tinyConfig(bool parallel) {
  NeoxConfig config;
  config.layers = 3;
  config.width = 16;
  config.heads = 2;
  config.innerWidth = 24;
  config.vocabulary = 479;
  config.maxPositions = 32;
  config.parallelResidual = parallel;
  return config;
}

/// Weights large enough that what is put at a site changes the loss.
LanguageModel tinyModel(bool parallel) {
  NeoxWeights weights = NeoxWeights::random(tinyConfig(parallel), 1);
  for (const auto& [name, tensor] : weights.named()) {
    if (name.find("norm") == std::string::npos) tensor->mul_(10);
  }
  return {tinyConfig(parallel), weights};
}

AutoencoderParameters tinyParameters(std::int64_t width) {
  AutoencoderParameters parameters = randomAutoencoder(width, kFeatures, 7);
  parameters.b_enc = at::linspace(-0.3, 0.1, kFeatures, at::kFloat);
  parameters.b_enc.slice(0, 0, kFeatures, 8).fill_(-100);  // these never activate
  parameters.b_dec = at::linspace(-0.05, 0.05, width, at::kFloat);
  return parameters;
}

/// The same corpus one context at a time, without padding, each site edited on the way of a whole
/// forward pass, and the loss taken from the logits.
class BruteForce {
 public:
  BruteForce(const LanguageModel& model, const CorpusOptions& options, const Site& site)
      : model_(model), site_(site) {
    Corpus corpus(Tokenizer::load(testing::ownData("tiny_tokenizer.json")), options);
    TokenBatch batch;
    while (corpus.next(batch, 1)) {
      const at::Tensor tokens = toTorch(batch, model).narrow(1, 0, batch.lengths[0]);
      contexts_.push_back(tokens);
      activations_.push_back(model.activations(tokens, site)[0].to(at::kDouble));
    }
  }

  [[nodiscard]] at::Tensor x() const { return at::cat(activations_); }

  /// Every context's summed loss with `replace` at the site.
  [[nodiscard]] std::vector<double> sums(
      const std::function<at::Tensor(const at::Tensor&)>& replace) const {
    std::vector<double> sums;
    for (const at::Tensor& tokens : contexts_) {
      if (tokens.size(1) < 2) continue;
      const auto pass = model_.forward(tokens, {}, LanguageModel::Edit{site_, replace}, true);
      const at::Tensor logits = model_.logits(pass.hidden)[0].to(at::kDouble);
      double sum = 0;
      for (std::int64_t i = 1; i < tokens.size(1); ++i) {
        const at::Tensor row = logits[i - 1];
        sum += (row.logsumexp(0) - row[tokens[0][i].item<std::int64_t>()]).item<double>();
      }
      sums.push_back(sum);
    }
    return sums;
  }

 private:
  const LanguageModel& model_;
  Site site_;
  std::vector<at::Tensor> contexts_, activations_;
};

struct Case {
  SiteKind kind;
  std::int32_t layer;
  Packing packing;
  bool parallel;
};

class InsertedLossOf : public ::testing::TestWithParam<Case> {
 protected:
  InsertedLossOf() {
    applyThreads({.threads = 1});
    writeFile(folder_.path() / "text.jsonl",
              R"({"text": "One day a small token met another token, and they went home."})"
              "\n"
              R"({"text": "a"})"
              "\n"
              R"({"text": "It rained; the first of them stayed dry: it had been left out."})"
              "\n"
              R"({"text": "Short."})"
              "\n");
    corpus_.files = {folder_.path() / "text.jsonl"};
    corpus_.context = 12;
  }
  [[nodiscard]] Site site() const { return {Layer{GetParam().layer}, GetParam().kind}; }
  [[nodiscard]] static Tokenizer tokenizer() {
    return Tokenizer::load(testing::ownData("tiny_tokenizer.json"));
  }
  [[nodiscard]] JobContext job() { return {.stop = {}, .progress = progress_}; }

  c10::NoGradGuard noGradients_;
  TemporaryFolder folder_;
  SilentProgress progress_;
  CorpusOptions corpus_;
};

TEST_P(InsertedLossOf, EqualsEachContextAloneInWholeForwardPasses) {
  corpus_.packing = GetParam().packing;
  const LanguageModel model = tinyModel(GetParam().parallel);
  const Autoencoder autoencoder(tinyParameters(site().width(model.config())));
  std::vector<Site> further;
  for (std::int32_t layer = 0; layer < 3; ++layer) {
    if (layer != GetParam().layer) further.push_back({Layer{layer}, GetParam().kind});
  }
  InsertedLossMeter meter(model, tokenizer(), {site(), further, corpus_, 3});
  const InsertedLoss first = meter.measure(replaceBy(autoencoder), job());
  const InsertedLoss again = meter.measure(replaceBy(autoencoder), job());

  const BruteForce expected(model, corpus_, site());
  const at::Tensor x = expected.x(), mean = x.mean(0);
  const auto insert = [&](const at::Tensor& value) {
    return autoencoder.decode(autoencoder.encode(value[0]), value[0]).unsqueeze(0);
  };
  const auto base = expected.sums([](const at::Tensor& value) { return value; });
  const auto sae = expected.sums(insert);
  const auto zero = expected.sums([](const at::Tensor& value) { return at::zeros_like(value); });
  const auto means = expected.sums(
      [&](const at::Tensor& value) { return mean.to(at::kFloat).expand_as(value).contiguous(); });
  for (const InsertedLoss& measured : {first, again}) {
    ASSERT_EQ(measured.contexts.size(), base.size());
    for (std::size_t i = 0; i < base.size(); ++i) {
      const double scale = static_cast<double>(measured.contexts[i].predicted);
      EXPECT_NEAR(measured.contexts[i].base / scale, base[i] / scale, 1e-4);
      EXPECT_NEAR(measured.contexts[i].sae / scale, sae[i] / scale, 1e-4);
      EXPECT_NEAR(measured.contexts[i].zero / scale, zero[i] / scale, 1e-4);
      EXPECT_NEAR(measured.contexts[i].mean / scale, means[i] / scale, 1e-4);
    }
    EXPECT_GT(std::abs(measured.total().zero - measured.total().base), 0.01);
    EXPECT_GT(std::abs(measured.total().sae - measured.total().zero), 0.001);

    const at::Tensor f = autoencoder.encode(x.to(at::kFloat)).to(at::kDouble);
    const at::Tensor output =
        autoencoder.decode(f.to(at::kFloat), x.to(at::kFloat)).to(at::kDouble);
    const at::Tensor error = (x - output).square().sum(1);
    EXPECT_EQ(measured.tokens, x.size(0));
    EXPECT_EQ(measured.tokens, measured.corpus.tokens);
    EXPECT_NEAR(measured.figures.l0, f.gt(0).sum(1).to(at::kDouble).mean().item<double>(), 1e-9);
    EXPECT_NEAR(measured.figures.l1Loss, f.sum(1).mean().item<double>(), 1e-5);
    EXPECT_NEAR(measured.figures.reconstructionLoss, error.mean().item<double>(), 1e-5);
    EXPECT_NEAR(*measured.figures.explainedVariance,
                1 - (error.sum() / (x - mean).square().sum()).item<double>(), 1e-5);
    EXPECT_NEAR(measured.figures.cosine, at::cosine_similarity(x, output, 1).mean().item<double>(),
                1e-5);
    EXPECT_EQ(measured.figures.dead(), f.gt(0).sum(0).eq(0).sum().item<std::int64_t>());
    EXPECT_GE(measured.figures.dead(), 5);

    ASSERT_EQ(measured.furtherSites.size(), further.size());
    for (std::size_t i = 0; i < further.size(); ++i) {
      EXPECT_EQ(measured.furtherSites[i].site, further[i]);
      const BruteForce there(model, corpus_, further[i]);
      const auto meanOf = [&](const std::vector<double>& sums) {
        double sum = 0;
        for (const double value : sums) sum += value;
        return sum / static_cast<double>(measured.total().predicted);
      };
      EXPECT_NEAR(measured.furtherSites[i].sae, meanOf(there.sums(insert)), 1e-4);
      EXPECT_NEAR(measured.furtherSites[i].zero,
                  meanOf(there.sums([](const at::Tensor& value) { return at::zeros_like(value); })),
                  1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sites, InsertedLossOf,
                         ::testing::Values(Case{SiteKind::MlpOut, 1, Packing::Packed, true},
                                           Case{SiteKind::MlpOut, 0, Packing::Documents, true},
                                           Case{SiteKind::MlpPre, 2, Packing::Documents, false},
                                           Case{SiteKind::MlpPre, 0, Packing::Packed, true},
                                           Case{SiteKind::Resid, 1, Packing::Documents, true},
                                           Case{SiteKind::Resid, 0, Packing::Packed, false}));

class InsertedLossTest : public InsertedLossOf {};

TEST_P(InsertedLossTest, APerfectReplacementRecoversEverything) {
  const LanguageModel model = tinyModel(true);
  InsertedLossMeter meter(model, tokenizer(), {site(), {}, corpus_, 2});
  const auto measured =
      meter.measure([](const at::Tensor& x) { return replacementOf(x.relu(), x); }, job());
  const ContextLoss total = measured.total();
  EXPECT_NEAR(total.sae, total.base, 1e-4);
  EXPECT_NEAR(*recovered(total.zero, total.sae, total.base), 1, 1e-4);
  EXPECT_EQ(measured.figures.reconstructionLoss, 0);
  EXPECT_EQ(measured.figures.explainedVariance, 1);
  EXPECT_NEAR(measured.figures.cosine, 1, 1e-12);
}

TEST_P(InsertedLossTest, TheMeanInPlaceExplainsNoVarianceAndCostsWhatTheMeanCosts) {
  const LanguageModel model = tinyModel(true);
  InsertedLossMeter meter(model, tokenizer(), {site(), {}, corpus_, 2});
  const at::Tensor mean = BruteForce(model, corpus_, site()).x().mean(0).to(at::kFloat);
  const auto measured = meter.measure(
      [&](const at::Tensor& x) {
        return replacementOf(at::zeros({x.size(0), 3}), mean.expand_as(x));
      },
      job());
  EXPECT_NEAR(measured.total().sae, measured.total().mean, 1e-4);
  EXPECT_NEAR(*measured.figures.explainedVariance, 0, 1e-6);
  EXPECT_EQ(measured.figures.dead(), 3);
}

TEST_P(InsertedLossTest, TextsThatPredictNothingAreAnError) {
  writeFile(folder_.path() / "text.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
  corpus_.packing = Packing::Documents;
  const LanguageModel model = tinyModel(true);
  const Autoencoder autoencoder(tinyParameters(16));
  InsertedLossMeter meter(model, tokenizer(), {site(), {}, corpus_, 2});
  try {
    (void)meter.measure(replaceBy(autoencoder), job());
    ADD_FAILURE() << "nothing was thrown";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadText);
  }
}

TEST_P(InsertedLossTest, TextsThatChangeBetweenMeasurementsAreAnError) {
  const LanguageModel model = tinyModel(true);
  const Autoencoder autoencoder(tinyParameters(16));
  InsertedLossMeter meter(model, tokenizer(), {site(), {}, corpus_, 2});
  (void)meter.measure(replaceBy(autoencoder), job());
  writeFile(folder_.path() / "text.jsonl", "{\"text\": \"Only one sentence is left, sadly.\"}\n");
  EXPECT_THROW((void)meter.measure(replaceBy(autoencoder), job()), UserError);
}

INSTANTIATE_TEST_SUITE_P(MlpOut, InsertedLossTest,
                         ::testing::Values(Case{SiteKind::MlpOut, 1, Packing::Packed, true}));

TEST(Recovered, IsTheShareOfWhatAblatingCosts) {
  EXPECT_DOUBLE_EQ(*recovered(6, 4, 3), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(*recovered(6, 7, 3), -1.0 / 3.0);
  EXPECT_EQ(recovered(3, 4, 3), std::nullopt);
}

}  // namespace
}  // namespace featurescope
