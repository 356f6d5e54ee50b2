// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/language_model_torch.h"
#include "core/train/activation_source_torch.h"
#include "core/train/saved_state_torch.h"
#include "core/train/train_autoencoder.h"
#include "tests/support/compressed_text.h"
#include "tests/support/test_data.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
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
    applyThreads({.threads = 1});
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
  [[nodiscard]] static SavedState throughAFile(const SavedState& state) {
    const TemporaryFolder folder;
    writeState(folder.path(), state);
    return readState(folder.path());
  }
  /// Goes on from the state after each step and compares bit for bit with having gone on.
  void expectEveryStepGoesOnAlike(const TrainSettings& settings, std::int64_t steps) {
    const ReadingAhead ahead{.tokensAtATime = 2 * kContext, .chunks = 1};
    const auto source = openModelActivations(settings, steps, ahead);
    std::vector<SavedState> states;
    std::vector<at::Tensor> expected;
    for (std::int64_t step = 0; step < steps; ++step) {
      states.push_back(throughAFile(source->save()));
      expected.push_back(batches(*source, 1));
    }
    const auto resumed = openModelActivations(settings, steps, ahead);
    for (std::int64_t step = steps - 1; step >= 0; --step) {  // backwards: it may be used before
      const auto from = static_cast<std::size_t>(step);
      resumed->restore(states[from], {.stop = {}, .progress = notes_});
      for (std::size_t i = from; i < expected.size(); ++i) {
        ASSERT_TRUE(at::equal(batches(*resumed, 1), expected[i])) << "from " << from << " at " << i;
      }
      EXPECT_EQ(resumed->report(), source->report());
    }
  }
  [[nodiscard]] fs::path file(const std::string& name, const std::string& contents) const {
    writeFile(folder_.path() / name, contents);
    return folder_.path() / name;
  }
  /// Records of different lengths, empty ones and ones longer than a context among them.
  [[nodiscard]] static std::string records() {
    std::string lines;
    for (int i = 0; i < 8; ++i) {
      std::string words;
      for (int word = 0; word < (i * 5) % 13; ++word) words += " token";
      lines += Json{{"text", words}}.dump() + "\n";
    }
    return lines;
  }
  void expectError(ActivationSource& source, ErrorCode code) {
    for (int again = 0; again < 2; ++again) {
      try {
        batches(source, 1);
        ADD_FAILURE() << "no error";
      } catch (const UserError& error) {
        EXPECT_EQ(error.code(), code) << error.what();
      }
    }
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

TEST_F(ModelSource, GivesTheSameBatchesHoweverFarItReadsAhead) {
  for (const bool shuffle : {true, false}) {
    TrainSettings settings = this->settings();
    settings.shuffle = shuffle;
    const auto run = [&](const ReadingAhead& ahead) {
      return batches(*openModelActivations(settings, 6, ahead), 6);
    };
    const at::Tensor expected = run({.tokensAtATime = 2 * kContext, .chunks = 0});
    for (const std::size_t chunks : {1, 2, 50}) {
      EXPECT_TRUE(at::equal(run({.tokensAtATime = 2 * kContext, .chunks = chunks}), expected));
    }
    // Another shape of the products may round otherwise.
    for (const std::int64_t tokens : {1, 24, 10'000}) {
      expectNear(run({.tokensAtATime = tokens, .chunks = 2}), expected);
    }
    settings.compute.threads = 2;
    applyThreads(settings.compute);
    expectNear(run({.tokensAtATime = 2 * kContext, .chunks = 2}), expected);
    applyThreads({.threads = 1});
  }
}

TEST_F(ModelSource, GoesOnFromEveryStepInTextsOfEveryForm) {
  using testing::gzip;
  using testing::zstd;
  TrainSettings settings = this->settings();
  settings.batch = 2;
  settings.corpus.files = {text(), file("a.jsonl", records()), file("b.jsonl.gz", gzip(records())),
                           file("c.txt.zst", zstd(readFile(text())))};
  settings.shuffleBuffer = 5 * kContext;
  expectEveryStepGoesOnAlike(settings, 12);
  settings.shuffle = false;
  expectEveryStepGoesOnAlike(settings, 12);
}

TEST_F(ModelSource, GoesOnFromEveryStepInLaterPassesOverDocuments) {
  TrainSettings settings = this->settings();
  settings.batch = 2;
  settings.corpus.packing = Packing::Documents;
  settings.corpus.files = {file("a.jsonl", records()), text()};
  settings.shuffleBuffer = 5 * kContext;
  expectEveryStepGoesOnAlike(settings, 12);
  settings.shuffle = false;
  expectEveryStepGoesOnAlike(settings, 12);
  const auto source = openModelActivations(settings, 12);
  batches(*source, 12);
  EXPECT_GT(source->report()["passes"], 2);
  EXPECT_EQ(source->report()["documents"], 9);
  EXPECT_EQ(source->report()["empty_documents"], 1);
}

TEST_F(ModelSource, ShowsASampleThatChangesNothing) {
  for (const bool shuffle : {true, false}) {
    TrainSettings settings = this->settings();
    settings.shuffle = shuffle;
    const auto untouched = openModelActivations(settings, 4);
    const auto source = openModelActivations(settings, 4);
    const at::Tensor sample = source->sample(20, {.stop = {}, .progress = notes_});
    EXPECT_EQ(sample.sizes(), (at::IntArrayRef{20, kWidth}));
    const SavedState state = throughAFile(source->save());
    EXPECT_TRUE(at::equal(batches(*source, 4), batches(*untouched, 4)));
    const auto resumed = openModelActivations(settings, 4);
    resumed->restore(state, {.stop = {}, .progress = notes_});
    EXPECT_TRUE(
        at::equal(resumed->next({.stop = {}, .progress = notes_}),
                  openModelActivations(settings, 4)->next({.stop = {}, .progress = notes_})));
  }
}

TEST_F(ModelSource, MayBeDroppedWhileTheModelRunsAhead) {
  for (const std::size_t chunks : {0, 1, 3}) {
    const auto source =
        openModelActivations(settings(), 1000, {.tokensAtATime = 8, .chunks = chunks});
    batches(*source, 1);
  }
  const auto unused = openModelActivations(settings(), 4);
}

TEST_F(ModelSource, IsInterruptedBetweenBatches) {
  TrainSettings settings = this->settings();
  const auto source = openModelActivations(settings, 4);
  batches(*source, 1);
  std::stop_source stop;
  stop.request_stop();
  settings.shuffle = false;
  const auto ordered = openModelActivations(settings, 4);
  EXPECT_THROW(static_cast<void>(ordered->next({.stop = stop.get_token(), .progress = notes_})),
               Interrupted);
  EXPECT_EQ(batches(*ordered, 1).size(0), settings.tokensPerStep());
}

TEST_F(ModelSource, ReportsABadLineWhereItIsReached) {
  TrainSettings settings = this->settings();
  settings.shuffle = false;
  settings.batch = 1;
  settings.corpus.files = {file("a.jsonl", records() + "{\"text\": 5}\n")};
  const auto source = openModelActivations(settings, 100, {.tokensAtATime = kContext, .chunks = 9});
  batches(*source, 4);
  try {
    batches(*source, 100);
    ADD_FAILURE() << "no error";
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadText);
    EXPECT_THAT(error.what(), HasSubstr("line 9 of"));
  }
  expectError(*source, ErrorCode::BadText);
}

TEST_F(ModelSource, ReportsAnActivationThatIsNotFinite) {
  const Tokenizer tokenizer = Tokenizer::load(modelFolder());
  LanguageModel model = LanguageModel::open(modelFolder(), {});
  NeoxWeights weights = model.weights();
  const std::string fine = "One day a small token met another token, and they went the same way.";
  const std::vector<TokenId> bad = tokenizer.encode("?");
  weights.embedIn[bad.back().value].fill_(3e38F);
  saveLanguageModel(modelFolder(), LanguageModel(model.config(), weights), at::kFloat);
  writeFile(text(), fine + "?" + fine);
  TrainSettings settings = this->settings();
  settings.shuffle = false;
  settings.batch = 1;
  const auto source = openModelActivations(settings, 100, {.tokensAtATime = kContext, .chunks = 9});
  const auto fineContexts = static_cast<std::int64_t>(tokenizer.encode(fine).size()) / kContext;
  ASSERT_GT(fineContexts, 0);
  EXPECT_TRUE(at::isfinite(batches(*source, fineContexts)).all().item<bool>());
  expectError(*source, ErrorCode::NotFinite);
}

TEST_F(ModelSource, RefusesStatesThatItCannotHaveHad) {
  const TrainSettings settings = this->settings();
  const auto source = openModelActivations(settings, 4);
  batches(*source, 2);
  const SavedState good = source->save();
  const auto expectRefused = [&](const SavedState& bad) {
    try {
      openModelActivations(settings, 4)->restore(bad, {.stop = {}, .progress = notes_});
      ADD_FAILURE() << "no error for " << bad.values;
    } catch (const UserError& error) {
      EXPECT_TRUE(error.code() == ErrorCode::BadFile || error.code() == ErrorCode::BadText)
          << error.what();
    }
  };
  expectRefused({});
  for (const char* part : {"position", "buffer"}) {
    for (const auto& [name, value] : good.values[part].items()) {
      if (value.is_null()) continue;
      for (const Json& wrong : {Json(-1), Json("seven"), Json::array({1}), Json(nullptr)}) {
        SavedState bad = good;
        bad.values[part][name] = wrong;
        if (wrong != value) expectRefused(bad);
      }
    }
  }
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
