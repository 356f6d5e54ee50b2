// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/compare_features.h"

#include "core/base/error.h"
#include "core/finetune/fine_tune.h"
#include "core/sae/feature_scales.h"
#include "tests/core/analysis/tiny_study.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace featurescope {
namespace {

using ::testing::HasSubstr;

/// A fine-tuning of the tiny study on questions, and everything compare says of it computed the
/// long way: token by token, in double.
class CompareFeatures : public ::testing::Test {
 protected:
  CompareFeatures() {
    std::string lines;
    for (const auto* sum : {"1+1= 2", "12+31= 43", "7+2= 9", "40+4= 44"}) {
      const std::string text = sum;
      const std::size_t answer = text.find('=') + 1;
      lines +=
          Json({{"context", text.substr(0, answer)}, {"completion", text.substr(answer)}}).dump();
      lines += "\n";
      records_.push_back(text);
    }
    writeFile(study_.folder.path() / "sums.jsonl", lines);
    settings_.model = study_.model;
    settings_.sae = study_.sae;
    settings_.site = {Layer{1}, SiteKind::MlpOut};
    settings_.corpus.files = {study_.folder.path() / "sums.jsonl"};
    settings_.out = study_.folder.path() / "tuned";
    settings_.epochs = 1;
    settings_.stepsPerEpoch = 8;
    settings_.batch = 2;
    settings_.learningRate = 0.05;
    settings_.compute.threads = 1;
    fineTune(settings_, job_);
    const FeatureScales scales = FeatureScales::load(settings_.out, testing::TinyStudy::kFeatures);
    c_ = at::tensor(scales.scale, at::kDouble);
    d_ = at::tensor(scales.bias, at::kDouble);
    computeValues();
  }

  /// f of every token of every record, before and after: [tokens, M] in double.
  void computeValues() {
    const at::NoGradGuard noGradients;
    std::vector<at::Tensor> values;
    for (const std::string& record : records_) {
      std::vector<std::int64_t> ids;
      for (const unsigned char byte : record) {
        ids.push_back(byte);
        shown_.push_back(byte == ' ' ? "·" : std::string(1, static_cast<char>(byte)));
      }
      const at::Tensor tokens = at::tensor(ids, at::kLong).unsqueeze(0);
      const at::Tensor x = model_.activations(tokens, settings_.site)[0].to(at::kDouble);
      const AutoencoderParameters& p = sae_.parameters();
      values.push_back((x - p.b_dec.to(at::kDouble)).mm(p.W_enc.to(at::kDouble)) +
                       p.b_enc.to(at::kDouble));
    }
    const at::Tensor z = at::cat(values);
    before_ = z.relu();
    after_ = (z * c_ + d_).relu();
  }

  [[nodiscard]] FeatureComparison compare() const {
    CompareRequest request;
    request.run = settings_.out;
    request.features = 3;
    request.examples = 4;
    return compareFeatures(request, job_);
  }

  testing::TinyStudy study_;
  SilentProgress silent_;
  JobContext job_{{}, silent_};
  FineTuneSettings settings_;
  LanguageModel model_ = LanguageModel::open(study_.model, {});
  Autoencoder sae_ = Autoencoder::load(study_.sae);
  std::vector<std::string> records_, shown_;
  at::Tensor c_, d_, before_, after_;
};

TEST_F(CompareFeatures, CountsWhatEachFeatureDoesOnEveryTokenBeforeAndAfter) {
  const FeatureComparison found = compare();
  ASSERT_EQ(found.tokens, before_.size(0));
  ASSERT_EQ(std::ssize(found.features), testing::TinyStudy::kFeatures);
  std::int64_t active = 0;
  for (std::int64_t f = 0; f < testing::TinyStudy::kFeatures; ++f) {
    const FeatureChange& change = found.features[static_cast<std::size_t>(f)];
    const at::Tensor before = before_.select(1, f), after = after_.select(1, f);
    EXPECT_EQ(change.feature, FeatureId{static_cast<std::int32_t>(f)});
    EXPECT_EQ(change.scale, c_[f].item<float>());
    EXPECT_EQ(change.bias, d_[f].item<float>());
    EXPECT_EQ(change.activeBefore, before.gt(0).sum().item<std::int64_t>());
    EXPECT_EQ(change.activeAfter, after.gt(0).sum().item<std::int64_t>());
    EXPECT_NEAR(change.meanBefore, before.mean().item<double>(), 1e-6);
    EXPECT_NEAR(change.meanAfter, after.mean().item<double>(), 1e-6);
    EXPECT_NEAR(change.maxBefore, before.max().item<double>(), 1e-5);
    EXPECT_NEAR(change.maxAfter, after.max().item<double>(), 1e-5);
    const at::Tensor& strongest = change.activeBefore > 0 ? before : after;
    if (change.activeBefore + change.activeAfter > 0) {
      EXPECT_EQ(change.topToken, shown_[strongest.argmax().item<std::int64_t>()]);
      ++active;
    } else {
      EXPECT_EQ(change.topToken, "");
    }
  }
  EXPECT_GT(active, 5);
  EXPECT_EQ(found.enhanced + found.inhibited + found.untouched, testing::TinyStudy::kFeatures);
}

TEST_F(CompareFeatures, ShowsTheFeaturesWhoseScaleMovedMostWhereTheyAreStrongest) {
  const FeatureComparison found = compare();
  const at::Tensor falling = c_.argsort(0, /*descending=*/true);
  ASSERT_EQ(found.mostEnhanced.size(), 3U);
  ASSERT_EQ(found.mostInhibited.size(), 3U);
  for (std::int64_t i = 0; i < 3; ++i) {
    const ChangedFeature& feature = found.mostEnhanced[static_cast<std::size_t>(i)];
    const auto id = falling[i].item<std::int64_t>();
    EXPECT_EQ(feature.feature.value, id);
    EXPECT_EQ(found.mostInhibited[static_cast<std::size_t>(i)].feature.value,
              falling[-1 - i].item<std::int64_t>());
    const auto order = std::get<1>(before_.select(1, id).sort(0, /*descending=*/true));
    for (std::size_t row = 0; row < feature.activations.size(); ++row) {
      const ComparedActivation& shown = feature.activations[row];
      const auto token = order[static_cast<std::int64_t>(row)].item<std::int64_t>();
      EXPECT_NEAR(shown.before, before_[token][id].item<double>(), 1e-5);
      if (shown.before == 0) continue;
      EXPECT_NEAR(shown.after, after_[token][id].item<double>(), 1e-5);
      EXPECT_EQ(shown.strToken, shown_[token]);
      EXPECT_THAT(shown.context, HasSubstr(shown.strToken));
    }
  }
}

TEST_F(CompareFeatures, AttributesThemToTheTextsTargets) {
  const FeatureComparison found = compare();
  const auto embedOut = model_.weights().embedOut.to(at::kDouble);
  const auto scaled = model_.weights().finalNormWeight.to(at::kDouble);
  std::map<std::string, std::int64_t> counts;
  std::vector<std::int64_t> targets, sources;
  std::int64_t position = 0;
  for (const std::string& record : records_) {
    for (std::size_t i = 1; i < record.size(); ++i) {
      targets.push_back(static_cast<unsigned char>(record[i]));
      sources.push_back(position + static_cast<std::int64_t>(i) - 1);
      ++counts[record[i] == ' ' ? "·" : std::string(1, record[i])];
    }
    position += std::ssize(record);
  }
  for (const ChangedFeature& feature : found.mostEnhanced) {
    const at::Tensor row = sae_.parameters().W_dec[feature.feature.value].to(at::kDouble) * scaled;
    const at::Tensor logits = (embedOut - embedOut.mean(0)).mv(row);
    double sum = 0, sumWhereActive = 0;
    std::int64_t active = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const double logit = logits[targets[i]].item<double>();
      sum += logit;
      if (before_[sources[i]][feature.feature.value].item<double>() <= 0) continue;
      sumWhereActive += logit;
      ++active;
    }
    EXPECT_NEAR(feature.meanTargetLogit.value(), sum / std::ssize(targets), 1e-5);
    EXPECT_EQ(feature.meanTargetLogitWhereActive.has_value(), active > 0);
    if (active > 0) {
      EXPECT_NEAR(*feature.meanTargetLogitWhereActive, sumWhereActive / active, 1e-5);
    }
    const at::Tensor ofTargets = logits.index_select(0, at::tensor(targets, at::kLong));
    EXPECT_NEAR(feature.promoted.front().logit, ofTargets.max().item<double>(), 1e-5);
    EXPECT_NEAR(feature.suppressed.front().logit, ofTargets.min().item<double>(), 1e-5);
    for (const ComparedToken& token : feature.promoted) {
      EXPECT_EQ(token.targets, counts.at(token.strToken));
    }
  }
}

TEST_F(CompareFeatures, RefusesWhatIsNoFinishedFineTuning) {
  Json run = readJson(settings_.out / "run.json");
  run["state"] = "interrupted";
  writeJson(settings_.out / "run.json", run);
  EXPECT_THROW(compare(), UserError);
  run["state"] = "finished";
  run["kind"] = "train";
  writeJson(settings_.out / "run.json", run);
  EXPECT_THROW(compare(), UserError);
}

}  // namespace
}  // namespace featurescope
