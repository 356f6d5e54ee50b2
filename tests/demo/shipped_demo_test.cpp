// SPDX-License-Identifier: GPL-3.0-or-later
// What resources/demo ships keeps what its report.json says.
#include "app/demo/autoencoder_quality.h"
#include "app/demo/demo_corpus.h"
#include "app/demo/model_quality.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/compute.h"
#include "core/store/index_reader.h"
#include "core/study/study.h"
#include "core/text/corpus.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace featurescope::demo {
namespace {

constexpr std::int64_t kContext = 128;

class ShippedDemo : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { applyThreads({.threads = 1}); }

  [[nodiscard]] std::filesystem::path model() const { return folder_ / "model"; }
  [[nodiscard]] double reported(const char* figure) const { return report_[figure].get<double>(); }
  [[nodiscard]] double reportedOfSae(const char* figure) const {
    return report_["sae"][figure].get<double>();
  }

  /// The first contexts of the held-out text, as the index has them.
  [[nodiscard]] std::vector<TokenId> heldOut(std::int64_t contexts) const {
    CorpusOptions options;
    options.files = {folder_ / "texts" / "heldout.jsonl"};
    options.context = kContext;
    Corpus corpus(Tokenizer::load(model()), options);
    TokenBatch batch;
    EXPECT_TRUE(corpus.next(batch, contexts));
    return batch.tokens;
  }

  const std::filesystem::path folder_ = testing::sourceFolder() / "resources" / "demo";
  const Json report_ = readJson(folder_ / "report.json");
  SilentProgress silent_;
  const JobContext job_{{}, silent_};
};

/// Entropy in nats of a token given the one before, with the text's own frequencies: what the best
/// table of bigrams, made for this very text, would reach.
double fittedBigramEntropy(std::span<const TokenId> text) {
  std::map<std::pair<std::int32_t, std::int32_t>, double> pairs;
  std::map<std::int32_t, double> firsts;
  for (std::size_t i = 1; i < text.size(); ++i) {
    ++pairs[{text[i - 1].value, text[i].value}];
    ++firsts[text[i - 1].value];
  }
  double sum = 0;
  for (const auto& [pair, count] : pairs) sum -= count * std::log(count / firsts[pair.first]);
  return sum / static_cast<double>(text.size() - 1);
}

TEST_F(ShippedDemo, PredictsHeldOutTextFarBetterThanUnigramsAndBigrams) {
  const std::vector<TokenId> text = heldOut(100);
  const double loss = meanLoss(model(), text, kContext, job_);
  EXPECT_NEAR(loss, reported("heldout_loss"), 0.1 * reported("heldout_loss"));
  EXPECT_LT(loss, 0.6 * reported("bigram_entropy"));
  EXPECT_LT(reported("bigram_entropy"), reported("unigram_entropy"));
  EXPECT_LT(loss, 0.8 * fittedBigramEntropy(heldOut(1 << 20)));
}

TEST_F(ShippedDemo, SolvesArithmeticItNeverSawBetterThanChance) {
  const DemoCorpus corpus(0);
  const std::vector<ArithmeticProblem>& problems = corpus.heldOutProblems();
  const Accuracy accuracy = arithmeticAccuracy(model(), std::span(problems).first(150),
                                               std::span(problems).last(3), job_);
  EXPECT_GT(accuracy.share(), 3 * reported("arithmetic_chance"));
  EXPECT_NEAR(accuracy.share(), reported("arithmetic_accuracy"), 0.15);
}

TEST_F(ShippedDemo, CompletesTheHeadersOfChessGames) {
  const std::vector<std::string> texts = {
      readFile(folder_ / "texts" / "chess.txt").substr(0, 10'000)};
  const Accuracy accuracy = chessHeaderAccuracy(model(), texts, job_);
  EXPECT_GT(accuracy.asked, 50);
  EXPECT_GT(accuracy.share(), 0.95);
}

TEST_F(ShippedDemo, HasAnAutoencoderThatIsSparseAndKeepsTheModelsLoss) {
  const AutoencoderQuality quality = measureAutoencoder(
      model(), folder_ / "sae", {Layer{1}, SiteKind::MlpOut}, heldOut(30), kContext, job_);
  EXPECT_GT(quality.l0, 5);
  EXPECT_LT(quality.l0, 35);
  EXPECT_GT(quality.explainedVariance, 0.7);
  EXPECT_GT(quality.recovered(), 0.8);
  EXPECT_NEAR(quality.l0, reportedOfSae("l0"), 0.2 * reportedOfSae("l0"));
}

TEST_F(ShippedDemo, TokenizesAsHuggingFacesTokenizersDoes) {
  const Tokenizer tokenizer = Tokenizer::load(model());
  for (const Json& entry : readJson(testing::ownData("demo_ids.json"))) {
    std::vector<std::int32_t> ids;
    for (const TokenId token : tokenizer.encode(entry["text"].get<std::string>())) {
      ids.push_back(token.value);
    }
    EXPECT_EQ(ids, entry["ids"].get<std::vector<std::int32_t>>()) << entry["text"];
  }
}

/// A live feature that fires strongest, fifteen times over, on one token.
bool hasFeatureFor(const IndexReader& index, const std::string& token) {
  for (const FeatureRecord& feature : index.features()) {
    if (feature.topToken != token) continue;
    const auto top = index.topActivations(feature.feature, 15);
    const bool consistent = std::ranges::all_of(
        top, [&](const ActivationRecord& activation) { return activation.strToken == token; });
    if (top.size() == 15 && consistent) return true;
  }
  return false;
}

TEST_F(ShippedDemo, HasFeaturesForTheWordTheForColonsAndForNewlines) {
  const IndexReader index = IndexReader::open(folder_ / "index.sqlite");
  EXPECT_GE(index.tokenCount(), 50'000);
  for (const char* token : {"·the", ":", "↵"}) EXPECT_TRUE(hasFeatureFor(index, token)) << token;
}

TEST_F(ShippedDemo, HasSomeDeadFeaturesButNotMost) {
  const IndexReader index = IndexReader::open(folder_ / "index.sqlite");
  const auto features = index.features();
  const auto dead = std::ranges::count_if(features, &FeatureRecord::dead);
  EXPECT_GT(dead, 0);
  EXPECT_LT(dead, std::ssize(features) / 2);
}

TEST_F(ShippedDemo, NamesNoFolderOfTheMachineThatMadeIt) {
  for (const auto& [key, value] : IndexReader::open(folder_ / "index.sqlite").provenance()) {
    EXPECT_THAT(value, ::testing::Not(::testing::AnyOf(::testing::StartsWith("/"),
                                                       ::testing::HasSubstr("\"/"))))
        << key;
  }
  for (const char* name : {"study.json", "report.json", "sae/cfg.json", "model/config.json"}) {
    EXPECT_THAT(readFile(folder_ / name), ::testing::Not(::testing::HasSubstr("\"/"))) << name;
  }
}

TEST_F(ShippedDemo, IsAStudyWhosePartsAreThereWithinTwelveMegabytes) {
  const Study study = Study::open(folder_);
  EXPECT_FALSE(study.models.empty());
  EXPECT_FALSE(study.indexes.empty());
  for (const auto* parts : {&study.models, &study.saes, &study.texts, &study.indexes}) {
    for (const Study::Part& part : *parts) EXPECT_TRUE(std::filesystem::exists(part.path));
  }
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file()) continue;
    bytes += entry.file_size();
    if (entry.path().parent_path().filename() == "texts") {
      EXPECT_LT(entry.file_size(), 1'000'000u) << entry.path().filename();
    }
  }
  EXPECT_LE(bytes, 12'000'000u);
}

}  // namespace
}  // namespace featurescope::demo
