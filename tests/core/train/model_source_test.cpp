// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/language_model_torch.h"
#include "core/train/activation_source_torch.h"
#include "core/train/train_autoencoder.h"
#include "tests/support/test_data.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Notes final : public ProgressSink {
 public:
  void update(const ProgressUpdate& /*update*/) override {}
  void note(std::string_view sentence) override { sentences.emplace_back(sentence); }
  std::vector<std::string> sentences;
};

/// A small random model with a tokenizer, and a text.
class ModelSource : public ::testing::Test {
 protected:
  static constexpr std::int64_t kContext = 8, kWidth = 16;

  void SetUp() override {
    NeoxConfig config;
    config.layers = 2;
    config.width = kWidth;
    config.heads = 2;
    config.innerWidth = 32;
    config.vocabulary = 479;
    const LanguageModel model(config, NeoxWeights::random(config, 1));
    saveLanguageModel(modelFolder(), model, at::kFloat);
    fs::copy_file(testing::ownData("tiny_tokenizer.json"), modelFolder() / "tokenizer.json");
    writeFile(text(),
              "One day a small token met another token, and they went the same way home.\n"
              "It rained; the first of them stayed dry: it had been left out of the batch.\n");
  }
  [[nodiscard]] fs::path modelFolder() const { return folder_.path() / "tiny-model"; }
  [[nodiscard]] fs::path text() const { return folder_.path() / "text.txt"; }
  [[nodiscard]] TrainSettings settings() const {
    TrainSettings settings;
    settings.model = modelFolder();
    settings.site = {Layer{1}, SiteKind::MlpOut};
    settings.corpus.files = {text()};
    settings.corpus.context = kContext;
    settings.batch = 3;
    settings.steps = 4;
    settings.out = folder_.path() / "run";
    settings.compute.threads = 1;
    return settings;
  }
  /// The activations of every token of the corpus, context by context.
  [[nodiscard]] at::Tensor everyActivation(const TrainSettings& settings) const {
    const LanguageModel model = LanguageModel::open(settings.model, {});
    Corpus corpus(Tokenizer::load(settings.model), settings.corpus);
    std::vector<at::Tensor> parts;
    TokenBatch batch;
    while (corpus.next(batch, 1)) {
      const at::Tensor values = model.activations(toTorch(batch, model), settings.site)[0];
      parts.push_back(values.narrow(0, 0, batch.lengths[0]));
    }
    return at::cat(parts);
  }
  at::Tensor batches(ActivationSource& source, std::int64_t count) {
    std::vector<at::Tensor> parts;
    for (std::int64_t i = 0; i < count; ++i)
      parts.push_back(source.next({.stop = {}, .progress = notes_}));
    return at::cat(parts);
  }
  static void expectNear(const at::Tensor& actual, const at::Tensor& expected) {
    ASSERT_EQ(actual.sizes(), expected.sizes());
    EXPECT_LE((actual - expected).abs().max().item<double>(), 1e-5);
  }

  c10::NoGradGuard noGradients_;
  TemporaryFolder folder_;
  Notes notes_;
};

TEST_F(ModelSource, WithoutShuffleGivesTheTokensInOrderAndStartsOver) {
  TrainSettings settings = this->settings();
  settings.shuffle = false;
  const at::Tensor every = everyActivation(settings);
  const auto source = openModelActivations(settings, 4);
  EXPECT_EQ(source->width(), kWidth);
  const std::int64_t steps = every.size(0) / settings.tokensPerStep() + 2;
  const at::Tensor read = batches(*source, steps);
  expectNear(read, at::cat({every, every, every}).narrow(0, 0, read.size(0)));
  ASSERT_EQ(notes_.sentences.size(), 1U);
  EXPECT_THAT(notes_.sentences[0], HasSubstr("start over"));
  EXPECT_EQ(source->report()["passes"], 2);
}

TEST_F(ModelSource, LeavesPaddingOut) {
  TrainSettings settings = this->settings();
  writeFile(folder_.path() / "short.jsonl",
            "{\"text\": \"a few words\"}\n{\"text\": \"one\"}\n{\"text\": \"and three more\"}\n");
  settings.corpus.files = {folder_.path() / "short.jsonl"};
  settings.corpus.packing = Packing::Documents;
  settings.shuffle = false;
  settings.batch = 2;
  const at::Tensor every = everyActivation(settings);
  ASSERT_NE(every.size(0) % kContext, 0);
  const auto source = openModelActivations(settings, 1);
  expectNear(batches(*source, 1), at::cat({every, every, every}).narrow(0, 0, 2 * kContext));
}

TEST_F(ModelSource, WithShuffleGivesEveryTokenOfAPassOnce) {
  TrainSettings settings = this->settings();
  settings.batch = 1;
  const at::Tensor every = everyActivation(settings);
  const std::int64_t steps = every.size(0) / kContext;
  const auto source = openModelActivations(settings, steps);
  const at::Tensor read = batches(*source, steps);
  EXPECT_GT((read - every).abs().max().item<double>(), 1e-4);
  const auto byFirstValue = [](const at::Tensor& rows) {
    return rows.index_select(0, rows.select(1, 0).argsort());
  };
  expectNear(byFirstValue(read), byFirstValue(every));
  EXPECT_EQ(source->report()["passes"], 1);
}

TEST_F(ModelSource, TrainsARunThatSaysWhereItComesFrom) {
  TrainSettings settings = this->settings();
  settings.site.kind = SiteKind::MlpPre;
  const TrainMetrics last = trainAutoencoder(settings, {.stop = {}, .progress = notes_});
  EXPECT_EQ(last.tokens, 4 * 3 * kContext);
  const Json run = readJson(settings.out / "run.json");
  for (const Json& input :
       {run["inputs"]["model"], run["inputs"]["tokenizer"], run["inputs"]["text"][0]}) {
    EXPECT_THAT(input["hash"].get<std::string>(), HasSubstr("sha256:"));
  }
  EXPECT_EQ(run["settings"]["layer"], 1);
  EXPECT_EQ(run["settings"]["site"], "mlp-pre");
  EXPECT_EQ(run["d"], 32);
  EXPECT_EQ(run["m"], 4 * 32);
  const Json metadata = readJson(settings.out / "sae" / "cfg.json")["metadata"];
  EXPECT_EQ(metadata["hook_name"], "blocks.1.mlp.hook_pre");
  EXPECT_EQ(metadata["hf_hook_name"], "gpt_neox.layers.1.mlp.dense_h_to_4h");
  EXPECT_EQ(metadata["model_name"], "tiny-model");
}

TEST_F(ModelSource, WithTooLittleTextLeavesNoRun) {
  TrainSettings settings = this->settings();
  writeFile(text(), "a");
  try {
    trainAutoencoder(settings, {.stop = {}, .progress = notes_});
    ADD_FAILURE() << "no error";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadText) << error.what();
  }
  EXPECT_FALSE(fs::exists(settings.out));
}

}  // namespace
}  // namespace featurescope
