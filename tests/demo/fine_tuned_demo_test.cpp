// SPDX-License-Identifier: GPL-3.0-or-later
// The paper's fine-tuning on the demo, and what is true of it.
#include "core/analysis/compare_features.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/finetune/fine_tune.h"
#include "core/store/index_reader.h"
#include "core/train/train_autoencoder.h"
#include "tests/support/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace featurescope::demo {
namespace {

const std::filesystem::path kDemo = testing::sourceFolder() / "resources" / "demo";

/// A fine-tuning of the demo's model on arithmetic through an SAE for layer 1's MLP output.
class FineTunedDemo : public ::testing::Test {
 protected:
  void tune(const std::filesystem::path& sae) {
    FineTuneSettings settings;
    settings.model = kDemo / "model";
    settings.sae = sae;
    settings.site = {Layer{1}, SiteKind::MlpOut};
    settings.corpus.files = {kDemo / "texts/arithmetic.jsonl"};
    settings.alsoMeasure = {kDemo / "texts/chess.txt"};
    settings.measureTokens = 4000;
    settings.epochs = 1;
    settings.compute.threads = 1;
    settings.out = run();
    result_ = fineTune(settings, job_);
  }

  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path run() const { return folder() / "tuned"; }
  [[nodiscard]] const Variants<double>& arithmetic() const { return result_.measured.at(0).loss; }
  [[nodiscard]] const Variants<double>& chess() const { return result_.measured.at(1).loss; }
  /// How much of what the SAE cost the fine-tuning brought back.
  [[nodiscard]] double recovered(double loss) const {
    return (arithmetic().start - loss) / (arithmetic().start - arithmetic().base);
  }

  /// On these texts, or on those of the run.
  [[nodiscard]] std::vector<FeatureChange> changes(std::vector<std::filesystem::path> texts,
                                                   std::int64_t tokens) const {
    CompareRequest request;
    request.run = run();
    request.texts = std::move(texts);
    request.tokens = tokens;
    request.compute.threads = 1;
    return compareFeatures(request, job_).features;
  }

  /// Of the features that are strongest on `token`: how many rose, fell, and stayed.
  struct Moves {
    int up = 0, down = 0, untouched = 0;
  };
  [[nodiscard]] static Moves movesOf(const std::string& token,
                                     const std::vector<FeatureChange>& features,
                                     const std::map<FeatureId, std::string>& topTokens) {
    Moves moves;
    for (const FeatureChange& change : features) {
      if (topTokens.at(change.feature) != token) continue;
      ++(change.scaleChange > 0 ? moves.up : change.scaleChange < 0 ? moves.down : moves.untouched);
    }
    return moves;
  }

  /// Ids of the `count` features whose scale rose most.
  [[nodiscard]] static std::vector<FeatureId> mostEnhanced(std::vector<FeatureChange> features,
                                                           std::size_t count) {
    std::ranges::sort(features, std::greater(), &FeatureChange::scaleChange);
    std::vector<FeatureId> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(features[i].feature);
    return ids;
  }

  TemporaryFolder folder_;
  SilentProgress silent_;
  JobContext job_{{}, silent_};
  FineTuneResult result_;
};

TEST_F(FineTunedDemo, ThroughItsOwnSaeColonsRiseAndTheScoreFeatureIsNotTouched) {
  tune(kDemo / "sae");
  // Most of what the SAE cost comes back; the same scales on other features bring nothing.
  EXPECT_GT(recovered(arithmetic().fineTuned), 0.5);
  EXPECT_LT(recovered(arithmetic().permuted), 0.2);
  EXPECT_NEAR(chess().fineTuned, chess().start, 0.002) << "chess is not harmed";

  std::map<FeatureId, std::string> topTokens;
  for (const auto& feature : IndexReader::open(kDemo / "index.sqlite").features()) {
    topTokens[feature.feature] = feature.topToken;
  }
  const auto features = changes({}, 8000);
  const std::vector<FeatureId> risen = mostEnhanced(features, 5);
  EXPECT_GE(std::ranges::count(risen, ":", [&](FeatureId id) { return topTokens.at(id); }), 1);
  const Moves colons = movesOf(":", features, topTokens);
  EXPECT_GT(colons.up, colons.down);
  // No arithmetic question activates the chess headers' feature: nothing tells it where to go.
  // Features of newlines, which questions have too, go both ways.
  const Moves scores = movesOf("Score", features, topTokens);
  EXPECT_EQ(scores.up + scores.down, 0);
  EXPECT_EQ(scores.untouched, 1);
  const Moves newlines = movesOf("↵", features, topTokens);
  EXPECT_GT(newlines.up, 0);
  EXPECT_GT(newlines.down, 0);
}

TEST_F(FineTunedDemo, ThroughAnSaeOfChessAndProseColonsRiseToo) {
  std::string lines;
  std::istringstream documents(readFile(kDemo / "texts/heldout.jsonl"));
  for (std::string line; std::getline(documents, line);) {
    if (line.find("Question: What is") == std::string::npos) lines += line + "\n";
  }
  const std::filesystem::path text = folder() / "chess_and_prose.jsonl";
  writeFile(text, lines);
  TrainSettings training;
  training.model = kDemo / "model";
  training.site = {Layer{1}, SiteKind::MlpOut};
  training.corpus.files = {text};
  training.features = 512;
  training.steps = 400;
  training.learningRate = 2e-3;
  training.targetL0 = 8;
  training.l1Mode = L1Mode::Track;
  training.l1AdjustAfter = 30'000;
  training.compute.threads = 1;
  training.out = folder() / "trained";
  trainAutoencoder(training, job_);
  tune(folder() / "trained/sae");
  EXPECT_GT(recovered(arithmetic().fineTuned), 0.2);
  EXPECT_LT(recovered(arithmetic().permuted), 0.1);
  EXPECT_NEAR(chess().fineTuned, chess().start, 0.002);

  // What each feature is for shows on the text that made it.
  const auto features = changes({text}, 30'000);
  std::map<FeatureId, std::string> topTokens;
  for (const FeatureChange& change : features) topTokens[change.feature] = change.topToken;
  const std::vector<FeatureId> risen = mostEnhanced(features, 12);
  EXPECT_GE(std::ranges::count(risen, ":", [&](FeatureId id) { return topTokens.at(id); }), 1);
  const Moves colons = movesOf(":", features, topTokens);
  EXPECT_GT(colons.up, colons.down);
}

}  // namespace
}  // namespace featurescope::demo
