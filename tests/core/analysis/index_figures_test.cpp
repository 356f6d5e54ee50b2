// SPDX-License-Identifier: GPL-3.0-or-later
// What an index of a tiny random model keeps beside statistics and top activations, against dense
// tensors.
#include "core/analysis/activation_histogram.h"
#include "core/analysis/build_index.h"
#include "core/analysis/feature_statistics.h"
#include "core/store/index_reader.h"
#include "tests/core/analysis/dense_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace featurescope {
namespace {

using testing::densePreActivations;
using testing::kSite;
using testing::packed;
using testing::TinyStudy;

constexpr double kNear = 1e-6;

/// One index of the fine-tuned study for all tests, and the dense tensors it must agree with.
class IndexFigures : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    study_ = new TinyStudy;
    IndexRequest request;
    request.model = study_->model;
    request.sae = study_->sae;
    request.site = kSite;
    request.corpus.files = study_->texts;
    request.corpus.context = 16;
    request.fineTuning = study_->run;
    request.out = study_->folder.path() / "index.sqlite";
    request.detail = {.top = 5,
                      .quantiles = 3,
                      .quantileExamples = 2,
                      .samples = 4,
                      .nearMisses = 3,
                      .featureTokens = 4,
                      .neighbours = 6,
                      .logitTokens = 3};
    request.batch = 3;
    SilentProgress progress;
    buildIndex(request, {.stop = {}, .progress = progress});
    reader_ = new IndexReader(IndexReader::open(request.out));
    sequences_ = packed(*study_, 16);
    z_ = densePreActivations(*study_, sequences_);
  }
  static void TearDownTestSuite() {
    delete reader_;
    delete study_;
    z_ = at::Tensor();
  }

  static at::Tensor f() { return at::relu(z_); }
  static at::Tensor fineTuned() {
    return at::relu(z_ * study_->scale.to(at::kDouble) + study_->bias.to(at::kDouble));
  }
  static double at(const at::Tensor& matrix, Position t, FeatureId feature) {
    return matrix[t][feature.value].item<double>();
  }
  static std::int64_t token(Position t) {
    return sequences_[static_cast<std::size_t>(t / 16)][static_cast<std::size_t>(t % 16)];
  }
  static std::int64_t active(FeatureId feature) {
    return f().select(1, feature.value).gt(0).sum().item<std::int64_t>();
  }

  template <class Check>
  static void forEachFeature(Check check) {
    for (std::int32_t feature = 0; feature < TinyStudy::kFeatures; ++feature) {
      SCOPED_TRACE(feature);
      check(FeatureId{feature});
    }
  }

  static inline TinyStudy* study_ = nullptr;
  static inline IndexReader* reader_ = nullptr;
  static inline testing::Sequences sequences_;
  static inline at::Tensor z_;
};

TEST_F(IndexFigures, CountTheFineTunedActivationsWhereverTheyAre) {
  const at::Tensor after = fineTuned();
  bool revived = false;
  for (const FeatureRecord& record : reader_->features()) {
    const at::Tensor column = after.select(1, record.feature.value);
    const auto count = column.gt(0).sum().item<std::int64_t>();
    EXPECT_EQ(record.activeTokensFineTuned, count);
    EXPECT_NEAR(record.maxFineTuned.value(), column.max().item<double>(), kNear * 100);
    EXPECT_NEAR(record.meanActiveFineTuned.value(),
                count == 0 ? 0 : column.sum().item<double>() / static_cast<double>(count),
                kNear * 100);
    revived = revived || (record.dead && count > 0);
  }
  EXPECT_TRUE(revived) << "a negative scale lets features fire that were dead";
}

TEST_F(IndexFigures, HaveHistogramsOfAllActivations) {
  const at::Tensor before = f(), after = fineTuned();
  forEachFeature([&](FeatureId feature) {
    std::int64_t counted = 0, countedAfter = 0;
    for (const HistogramBin& bin : reader_->histogram(feature)) {
      const auto within = [&](const at::Tensor& matrix) {
        const at::Tensor column = matrix.select(1, feature.value);
        return column.gt(0)
            .logical_and(column.ge(bin.low))
            .logical_and(column.lt(bin.high))
            .sum()
            .item<std::int64_t>();
      };
      EXPECT_EQ(bin.count, within(before));
      EXPECT_EQ(bin.countFineTuned, within(after));
      counted += bin.count;
      countedAfter += bin.countFineTuned.value();
    }
    EXPECT_EQ(counted, active(feature));
    EXPECT_EQ(countedAfter, after.select(1, feature.value).gt(0).sum().item<std::int64_t>());
  });
}

TEST_F(IndexFigures, DrawQuantilesFromPartsOfEqualCount) {
  const at::Tensor before = f();
  forEachFeature([&](FeatureId feature) {
    std::vector<double> ranked;
    for (Position t = 0; t < before.size(0); ++t) {
      if (at(before, t, feature) > 0) ranked.push_back(at(before, t, feature));
    }
    std::ranges::sort(ranked, std::ranges::greater());
    const auto n = std::ssize(ranked);
    std::map<std::int64_t, std::int64_t> parts;
    for (const auto& example : reader_->examples(feature, ExampleKind::Quantile, 100)) {
      EXPECT_NEAR(example.activation, at(before, example.position, feature), kNear);
      const auto strongest = ranked[static_cast<std::size_t>(n * (example.part - 1) / 3)];
      const auto weakest = ranked[static_cast<std::size_t>(n * example.part / 3 - 1)];
      EXPECT_LE(example.activation, strongest + kNear);
      EXPECT_GE(example.activation, weakest - kNear);
      ++parts[example.part];
    }
    for (std::int64_t part = 1; part <= 3; ++part) {
      EXPECT_EQ(parts[part], std::min<std::int64_t>(2, n * part / 3 - n * (part - 1) / 3));
    }
  });
}

TEST_F(IndexFigures, DrawDistinctActivations) {
  const at::Tensor before = f();
  forEachFeature([&](FeatureId feature) {
    std::set<Position> positions;
    for (const auto& example : reader_->examples(feature, ExampleKind::Random, 100)) {
      EXPECT_GT(at(before, example.position, feature), 0);
      positions.insert(example.position);
    }
    EXPECT_EQ(std::ssize(positions), std::min<std::int64_t>(4, active(feature)));
  });
}

TEST_F(IndexFigures, KeepTheLargestInactivePreActivationsAsNearMisses) {
  forEachFeature([&](FeatureId feature) {
    std::vector<double> inactive;
    for (Position t = 0; t < z_.size(0); ++t) {
      if (at(z_, t, feature) <= 0) inactive.push_back(at(z_, t, feature));
    }
    std::ranges::sort(inactive, std::ranges::greater());
    const auto misses = reader_->examples(feature, ExampleKind::NearMiss, 100);
    ASSERT_EQ(misses.size(), std::min<std::size_t>(3, inactive.size()));
    for (std::size_t i = 0; i < misses.size(); ++i) {
      const double tolerance = kNear * (1 + std::abs(inactive[i]));
      EXPECT_NEAR(misses[i].activation, inactive[i], tolerance);
      EXPECT_NEAR(misses[i].activation, at(z_, misses[i].position, feature), tolerance);
      EXPECT_NEAR(misses[i].activationFineTuned.value(),
                  at(fineTuned(), misses[i].position, feature), 10 * tolerance);
    }
  });
}

TEST_F(IndexFigures, TellTokensWithPrecisionAndRecall) {
  const at::Tensor before = f();
  std::map<std::int64_t, std::int64_t> occurrences;
  for (Position t = 0; t < before.size(0); ++t) ++occurrences[token(t)];
  const auto records = reader_->features();
  forEachFeature([&](FeatureId feature) {
    std::map<std::int64_t, std::int64_t> counts;
    Position strongest = -1;
    for (Position t = 0; t < before.size(0); ++t) {
      const double value = at(before, t, feature);
      if (value <= 0) continue;
      ++counts[token(t)];
      if (strongest < 0 || value > at(before, strongest, feature)) strongest = t;
    }
    const auto rows = reader_->featureTokens(feature);
    ASSERT_EQ(rows.size(), std::min<std::size_t>(4, counts.size()));
    for (const FeatureTokenRecord& row : rows) {
      const std::int64_t count = counts[row.token.value];
      EXPECT_EQ(row.count, count);
      EXPECT_DOUBLE_EQ(row.precision,
                       static_cast<double>(count) / static_cast<double>(active(feature)));
      EXPECT_DOUBLE_EQ(row.recall, static_cast<double>(count) /
                                       static_cast<double>(occurrences[row.token.value]));
    }
    EXPECT_TRUE(std::ranges::is_sorted(rows, std::ranges::greater(), &FeatureTokenRecord::count));
    const auto& record = records[static_cast<std::size_t>(feature.value)];
    EXPECT_EQ(record.topTokenCount, strongest < 0 ? 0 : counts[token(strongest)]);
  });
}

TEST_F(IndexFigures, RankNeighboursByEveryRelation) {
  const AutoencoderParameters p = Autoencoder::load(study_->sae).parameters();
  const at::Tensor before = f(), on = before.gt(0).to(at::kDouble);
  const at::Tensor together = on.t().mm(on), counts = on.sum(0);
  const auto cosines = [](const at::Tensor& rows) {
    const at::Tensor unit = rows.to(at::kDouble) / rows.to(at::kDouble).norm(2, {1}, true);
    return unit.mm(unit.t());
  };
  const at::Tensor either = counts.unsqueeze(0) + counts.unsqueeze(1) - together;
  const std::map<NeighbourRelation, at::Tensor> expected{
      {NeighbourRelation::DecoderCosine, cosines(p.W_dec)},
      {NeighbourRelation::EncoderCosine, cosines(p.W_enc.t())},
      {NeighbourRelation::Jaccard, (together / either.clamp_min(1)).nan_to_num()},
      {NeighbourRelation::Pearson, at::corrcoef(before.t()).nan_to_num()}};
  for (const auto& [relation, matrix] : expected) {
    forEachFeature([&](FeatureId feature) {
      at::Tensor row = matrix[feature.value].clone();
      row[feature.value] = -2;
      const at::Tensor ranked = std::get<0>(row.sort(0, true));
      const auto neighbours = reader_->neighbours(feature, relation);
      const bool isCosine = relation == NeighbourRelation::DecoderCosine ||
                            relation == NeighbourRelation::EncoderCosine;
      const auto positive = ranked.gt(kNear).sum().item<std::int64_t>();
      ASSERT_EQ(std::ssize(neighbours), isCosine ? 6 : std::min<std::int64_t>(6, positive));
      for (std::size_t i = 0; i < neighbours.size(); ++i) {
        EXPECT_NEAR(neighbours[i].value, ranked[static_cast<std::int64_t>(i)].item<double>(), 1e-5);
        EXPECT_NEAR(neighbours[i].value, row[neighbours[i].feature.value].item<double>(), 1e-5);
      }
    });
  }
}

TEST_F(IndexFigures, HoldEveryActivationInThePostings) {
  const at::Tensor before = f();
  forEachFeature([&](FeatureId feature) {
    const Postings postings = reader_->postings(feature);
    EXPECT_EQ(postings.completeAbove, 0);
    ASSERT_EQ(std::ssize(postings.positions), active(feature));
    for (std::size_t i = 0; i < postings.positions.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(postings.values[i]),
                  at(before, postings.positions[i], feature), kNear);
    }
  });
}

TEST_F(IndexFigures, AttributeFeaturesToLogits) {
  const LanguageModel model = LanguageModel::open(study_->model, {});
  const at::Tensor decoder = Autoencoder::load(study_->sae).parameters().W_dec.to(at::kDouble);
  const at::Tensor embedOut = model.weights().embedOut.to(at::kDouble);
  const at::Tensor logits = (decoder * model.weights().finalNormWeight.to(at::kDouble))
                                .mm((embedOut - embedOut.mean(0, true)).t())
                                .narrow(1, 0, 257);
  forEachFeature([&](FeatureId feature) {
    const at::Tensor row = logits[feature.value];
    const auto [promoted, suppressed] = reader_->logitTokens(feature);
    ASSERT_EQ(promoted.size(), 3U);
    ASSERT_EQ(suppressed.size(), 3U);
    EXPECT_NEAR(promoted[0].value, row.max().item<double>(), kNear);
    EXPECT_NEAR(suppressed[0].value, row.min().item<double>(), kNear);
    for (const auto& [id, shown, value] : promoted) {
      EXPECT_NEAR(value, row[id.value].item<double>(), kNear);
    }
  });
}

TEST(WilsonInterval, SolvesItsEquation) {
  // Wilson's bounds p solve |k/n − p| = z √(p(1−p)/n).
  for (const auto& [count, all] : {std::pair{3, 50}, {25, 50}, {49, 50}, {1, 100000}}) {
    const Interval interval = wilsonInterval(count, all);
    for (const double bound : {interval.low, interval.high}) {
      EXPECT_NEAR(std::abs(static_cast<double>(count) / all - bound),
                  1.959963984540054 * std::sqrt(bound * (1 - bound) / all), 1e-12);
    }
  }
  EXPECT_EQ(wilsonInterval(0, 10).low, 0);
  EXPECT_EQ(wilsonInterval(10, 10).high, 1);
}

}  // namespace
}  // namespace featurescope
