// SPDX-License-Identifier: GPL-3.0-or-later
// An index of a tiny random model against dense tensors computed here, one sequence at a time.
#include "core/analysis/build_index.h"

#include "core/base/hash.h"
#include "core/store/index_reader.h"
#include "tests/core/analysis/dense_features.h"
#include "tests/core/analysis/tiny_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::bytesOf;
using testing::denseFeatures;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kSite;
using testing::packed;
using testing::Sequences;
using testing::TinyStudy;

/// Keeps what a job says; asks it to stop at an update where told.
class Listener final : public ProgressSink {
 public:
  void update(const ProgressUpdate& update) override {
    stages.emplace_back(update.stage);
    if (update.stage == stopAt) stop.request_stop();
  }
  void note(std::string_view sentence) override { notes.emplace_back(sentence); }

  std::vector<std::string> stages, notes;
  std::string stopAt;
  std::stop_source stop;
};

class BuildIndex : public ::testing::Test {
 protected:
  IndexRequest request() const {
    IndexRequest request;
    request.model = study_.model;
    request.sae = study_.sae;
    request.site = kSite;
    request.corpus.files = study_.texts;
    request.corpus.context = 16;
    request.out = study_.folder.path() / "index.sqlite";
    request.detail.top = 5;
    request.batch = 3;
    return request;
  }

  IndexReport build(const IndexRequest& request) {
    return buildIndex(request, {.stop = listener_.stop.get_token(), .progress = listener_});
  }

  void expectError(const IndexRequest& request, ErrorCode code, const std::string& text) {
    try {
      build(request);
      ADD_FAILURE() << "no error";
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
    EXPECT_FALSE(fs::exists(request.out));
  }

  TinyStudy study_;
  Listener listener_;
};

void expectIndexHolds(const IndexReader& reader, const at::Tensor& f, std::size_t top,
                      const TinyStudy* fineTuned) {
  ASSERT_EQ(reader.tokenCount(), f.size(0));
  ASSERT_EQ(reader.featureCount(), f.size(1));
  const auto features = reader.features();
  for (std::int64_t m = 0; m < f.size(1); ++m) {
    const FeatureRecord& record = features[static_cast<std::size_t>(m)];
    const at::Tensor column = f.select(1, m).contiguous();
    const auto active = column.gt(0).sum().item<std::int64_t>();
    EXPECT_EQ(record.activeTokens, active);
    EXPECT_EQ(record.dead, active == 0);
    EXPECT_DOUBLE_EQ(record.density, static_cast<double>(active) / static_cast<double>(f.size(0)));
    EXPECT_NEAR(record.max, column.max().item<double>(), 1e-6);
    EXPECT_NEAR(record.meanActive, active == 0 ? 0 : column.sum().item<double>() / active, 1e-6);

    std::vector<std::size_t> order(static_cast<std::size_t>(f.size(0)));
    std::iota(order.begin(), order.end(), 0);
    const double* values = column.const_data_ptr<double>();
    std::ranges::stable_sort(order, [&](auto a, auto b) { return values[a] > values[b]; });
    const auto rows = reader.topActivations(FeatureId{static_cast<std::int32_t>(m)}, 100);
    ASSERT_EQ(rows.size(), std::min<std::size_t>(top, static_cast<std::size_t>(active)));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].rank, static_cast<std::int64_t>(i + 1));
      EXPECT_NEAR(rows[i].activation, values[order[i]], 1e-6);
      EXPECT_NEAR(values[rows[i].position], rows[i].activation, 1e-6);
      if (fineTuned == nullptr) {
        EXPECT_FALSE(rows[i].activationFineTuned);
      } else {
        const double tuned = std::max(0.0, fineTuned->scale[m].item<double>() * rows[i].activation +
                                               fineTuned->bias[m].item<double>());
        EXPECT_NEAR(rows[i].activationFineTuned.value(), tuned, 1e-6);
      }
    }
    EXPECT_EQ(record.topToken, rows.empty() ? "" : rows[0].strToken);
  }
}

TEST_F(BuildIndex, HoldsEveryFeaturesFiguresOfPackedText) {
  const IndexReport report = build(request());
  const Sequences sequences = packed(study_, 16);
  const at::Tensor f = denseFeatures(study_, sequences);
  EXPECT_EQ(report.tokens, f.size(0));
  EXPECT_EQ(report.contexts, std::ssize(sequences));
  EXPECT_EQ(report.features, TinyStudy::kFeatures);
  EXPECT_GE(report.dead, TinyStudy::kFeatures / 4);
  EXPECT_LT(report.dead, TinyStudy::kFeatures);
  EXPECT_NEAR(report.l0, f.gt(0).sum().item<double>() / static_cast<double>(f.size(0)), 1e-12);
  const auto dropped =
      study_.firstText.size() + 1 + study_.secondText.size() - 16 * sequences.size();
  EXPECT_EQ(report.droppedTokens, static_cast<std::int64_t>(dropped));
  expectIndexHolds(IndexReader::open(request().out), f, 5, nullptr);
}

TEST_F(BuildIndex, CountsNoPaddingOfDocuments) {
  IndexRequest r = request();
  r.corpus.packing = Packing::Documents;
  r.corpus.context = 64;
  r.corpus.files.push_back(study_.folder.path() / "short.txt");
  writeFile(r.corpus.files.back(), "hi");
  build(r);
  std::vector<std::int64_t> first = bytesOf(study_.firstText), second = bytesOf(study_.secondText);
  if (first.size() > 64) first.resize(64);
  if (second.size() > 64) second.resize(64);
  const at::Tensor f = denseFeatures(study_, {first, second, bytesOf("hi")});
  const IndexReader reader = IndexReader::open(r.out);
  expectIndexHolds(reader, f, 5, nullptr);
  EXPECT_THAT(reader.context(reader.tokenCount() - 1, 10, 10).tokens, ElementsAre("h", "i"));
}

TEST_F(BuildIndex, AddsScaleBiasAndFineTunedValues) {
  IndexRequest r = request();
  r.fineTuning = study_.run;
  build(r);
  const IndexReader reader = IndexReader::open(r.out);
  EXPECT_TRUE(reader.hasFineTuning());
  expectIndexHolds(reader, denseFeatures(study_, packed(study_, 16)), 5, &study_);
  for (const FeatureRecord& record : reader.features()) {
    EXPECT_EQ(record.scale, study_.scale[record.feature.value].item<double>());
    EXPECT_EQ(record.bias, study_.bias[record.feature.value].item<double>());
  }
}

TEST_F(BuildIndex, KnowsTheDecodersGeometry) {
  build(request());
  const AutoencoderParameters p = Autoencoder::load(study_.sae).parameters();
  const auto features = IndexReader::open(request().out).features();
  at::Tensor mean = at::zeros({p.width()}, at::kDouble);
  for (const FeatureRecord& record : features) {
    if (record.dead) mean += p.W_dec[record.feature.value].to(at::kDouble);
  }
  for (const FeatureRecord& record : features) {
    const at::Tensor row = p.W_dec[record.feature.value].to(at::kDouble);
    EXPECT_NEAR(record.decoderNorm, row.norm().item<double>(), 1e-12);
    EXPECT_NEAR(record.cosineToDead.value(),
                (row.dot(mean) / (row.norm() * mean.norm())).item<double>(), 1e-12);
    EXPECT_EQ(record.encoderBias, p.b_enc[record.feature.value].item<double>());
  }
}

TEST_F(BuildIndex, ShowsCharactersWholeAtTheTokenOfTheirFirstByte) {
  build(request());
  const IndexReader reader = IndexReader::open(request().out);
  const auto at = static_cast<Position>(study_.firstText.find("É"));
  EXPECT_THAT(reader.context(at, 1, 3).tokens, ElementsAre("↵", "É", "", "t", "é"));
}

TEST_F(BuildIndex, TakesWholeContextsUpToTheLimit) {
  IndexRequest r = request();
  r.corpus.maxTokens = 40;
  EXPECT_EQ(build(r).tokens, 32);
  EXPECT_EQ(IndexReader::open(r.out).tokenCount(), 32);
}

TEST_F(BuildIndex, IsTheSameForEveryBatchSize) {
  build(request());
  IndexRequest r = request();
  r.batch = 1;
  r.out = study_.folder.path() / "other.sqlite";
  build(r);
  const auto one = IndexReader::open(request().out).features();
  const auto other = IndexReader::open(r.out).features();
  for (std::size_t f = 0; f < one.size(); ++f) {
    EXPECT_EQ(one[f].activeTokens, other[f].activeTokens);
    EXPECT_NEAR(one[f].max, other[f].max, 1e-7);
  }
}

TEST_F(BuildIndex, SaysWhatItWasMadeFrom) {
  IndexRequest r = request();
  r.fineTuning = study_.run;
  build(r);
  const Provenance entries = IndexReader::open(r.out).provenance();
  EXPECT_EQ(entries.at("model"), study_.model.string());
  EXPECT_EQ(entries.at("site"), "gpt_neox.layers.1.mlp.dense_4h_to_h");
  EXPECT_EQ(entries.at("packing"), "packed");
  EXPECT_EQ(entries.at("context"), "16");
  EXPECT_EQ(entries.at("dtype"), "float32");
  EXPECT_EQ(entries.at("tokenizer_hash"), hashFile(study_.model / "tokenizer.json"));
  EXPECT_EQ(entries.at("fine_tuning_hash"), hashFile(study_.run / "scales.safetensors"));
  EXPECT_EQ(entries.at("tokens"), std::to_string(IndexReader::open(r.out).tokenCount()));
  const Json texts = parseJson(entries.at("texts"), "texts");
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[1]["path"], study_.texts[1].string());
  EXPECT_EQ(texts[1]["hash"], hashFile(study_.texts[1]));
}

TEST_F(BuildIndex, SaysHowCoActivationWasFoundOnlyWhereItWas) {
  IndexRequest r = request();
  build(r);
  EXPECT_THAT(IndexReader::open(r.out).provenance().at("definition_co_activation"),
              HasSubstr("counted at every token"));
  r.detail.neighbours = 0;
  r.out = study_.folder.path() / "without.sqlite";
  build(r);
  EXPECT_FALSE(IndexReader::open(r.out).provenance().contains("definition_co_activation"));
}

TEST_F(BuildIndex, NotesTheDroppedRemainder) {
  build(request());
  ASSERT_EQ(listener_.notes.size(), 1u);
  EXPECT_THAT(listener_.notes[0], HasSubstr("dropped the last"));
}

TEST_F(BuildIndex, StoppedAnywhereLeavesNothing) {
  for (const char* stage : {"hashing the inputs", "indexing", "writing the features"}) {
    Listener listener;
    listener.stopAt = stage;
    IndexRequest r = request();
    r.out = study_.folder.path() / "indexes" / "stopped.sqlite";
    EXPECT_THROW(buildIndex(r, {.stop = listener.stop.get_token(), .progress = listener}),
                 Interrupted)
        << stage;
    EXPECT_TRUE(fs::is_empty(r.out.parent_path())) << stage;
  }
}

TEST_F(BuildIndex, RefusesPartsThatDoNotFit) {
  IndexRequest r = request();
  r.site.kind = SiteKind::MlpPre;
  expectError(r, ErrorCode::ShapeMismatch, "it reads 16 values a token, this site has 40");
  r = request();
  r.site.layer = Layer{3};
  expectError(r, ErrorCode::OutOfRange, "layers 0 to 2");
  r = request();
  r.corpus.context = 65;
  expectError(r, ErrorCode::ShapeMismatch, "64 positions");
  r = request();
  r.detail.top = 0;
  expectError(r, ErrorCode::BadUsage, "--top");
  r = request();
  r.fineTuning = study_.sae;
  expectError(r, ErrorCode::NotFound, "scales.safetensors");
  const at::Tensor three = at::ones({3});
  writeSafetensors(study_.run / "scales.safetensors",
                   {{"c", fromTorch(three)}, {"d", fromTorch(three)}});
  r.fineTuning = study_.run;
  expectError(r, ErrorCode::ShapeMismatch, "3 features");
}

TEST_F(BuildIndex, RefusesTextAndOutputsThatWillNotDo) {
  IndexRequest r = request();
  r.corpus.files = {study_.folder.path() / "none.txt"};
  expectError(r, ErrorCode::NotFound, "none.txt");
  r.corpus.files = {study_.folder.path() / "short.txt"};
  writeFile(r.corpus.files[0], "too short");
  expectError(r, ErrorCode::BadText, "");
  writeFile(request().out, "precious");
  EXPECT_THROW(build(request()), UserError);
  EXPECT_EQ(readFile(request().out), "precious");
}

}  // namespace
}  // namespace featurescope
