// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_settings.h"

#include "core/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace featurescope {
namespace {

using ::testing::HasSubstr;

TrainSettings onAModel() {
  TrainSettings settings;
  settings.model = "/models/m";
  settings.site = {Layer{3}, SiteKind::MlpPre};
  settings.corpus.files = {"/texts/a.jsonl", "/texts/b.txt.zst"};
  settings.steps = 10;
  return settings;
}

/// Every setting as it is not by default.
TrainSettings unusual() {
  TrainSettings s = onAModel();
  s.corpus.field = "body";
  s.corpus.packing = Packing::Documents;
  s.corpus.context = 64;
  s.shuffle = false;
  s.shuffleBuffer = 4096;
  s.normalisation = Normalisation::MeanSquare;
  s.expansion = 8;
  s.features = 1000;
  s.architecture = Architecture::JumpRelu;
  s.auxiliaryCoefficient = 0.5;
  s.jumpReluBandwidth = 0.02;
  s.batch = 3;
  s.steps.reset();
  s.tokens = 12345;
  s.learningRate = 1.0 / 3;
  s.beta1 = 0.1;
  s.beta2 = 0.7;
  s.epsilon = 1e-300;
  s.learningRateWarmup = 5;
  s.learningRateDecay = 6;
  s.clipGradient = 1.5;
  s.projectDecoderGradient = true;
  s.initial = "/inits/i.safetensors";
  s.decoderBias = DecoderBias::Zero;
  s.l1Coefficient = 0.1;
  s.l1Mode = L1Mode::Track;
  s.targetSparsity = 0.03;
  s.targetL0 = 17.5;
  s.sparseBelow = 0.2;
  s.screenBelow = 0.1;
  s.l1AdjustAfter = 77;
  s.l1Warmup = 8;
  s.resampling = Resampling::Loss;
  s.resampleEvery = 11;
  s.deadWindow = 12;
  s.checkpointEvery = 13;
  s.keepCheckpoints = 0;
  s.logEvery = 14;
  s.heldOut = {"/texts/c.txt"};
  s.evaluateEvery = 15;
  s.heldOutTokens = 16;
  s.compute = {.threads = 3, .device = "cpu", .dtype = "float32", .seed = ~std::uint64_t{0}};
  return s;
}

std::string errorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadFile);
    return error.what();
  }
  ADD_FAILURE() << "no UserError was thrown";
  return {};
}

TEST(TrainSettings, ComeBackFromJsonAsTheyWere) {
  for (const TrainSettings& settings : {unusual(), onAModel()}) {
    const Json json = Json::parse(toJson(settings).dump());
    EXPECT_EQ(toJson(trainSettingsFromJson(json, "cannot read it")), json);
  }
  const TrainSettings read = trainSettingsFromJson(toJson(unusual()), "cannot read it");
  EXPECT_EQ(read.learningRate, 1.0 / 3);
  EXPECT_EQ(read.compute.seed, ~std::uint64_t{0});
  EXPECT_EQ(read.corpus.files.back(), "/texts/b.txt.zst");
  EXPECT_EQ(read.site.kind, SiteKind::MlpPre);
  EXPECT_FALSE(read.steps.has_value());
}

TEST(TrainSettings, DifferInJsonWhereverTheyDiffer) {
  // What both runs have, or only another architecture.
  const std::set<std::string> shared{"model", "activations", "text", "layer", "site", "k"};
  const Json usual = toJson(onAModel()), other = toJson(unusual());
  for (const auto& [key, value] : usual.items()) {
    if (shared.contains(key)) continue;
    EXPECT_NE(value, other.at(key)) << key;
  }
}

TEST(TrainSettings, OfAFileOfActivationsNameNoText) {
  TrainSettings settings;
  settings.activations = "/x.safetensors";
  settings.steps = 1;
  const Json json = toJson(settings);
  EXPECT_FALSE(json.contains("text"));
  EXPECT_EQ(trainSettingsFromJson(json, "").activations, "/x.safetensors");
}

TEST(TrainSettings, RefuseAKeyTheyDoNotKnowOrLack) {
  Json json = toJson(onAModel());
  json["momentum"] = 1;
  EXPECT_THAT(errorOf([&] { static_cast<void>(trainSettingsFromJson(json, "cannot read it")); }),
              HasSubstr("\"momentum\" is no setting"));
  json = toJson(onAModel());
  json.erase("beta2");
  EXPECT_THAT(errorOf([&] { static_cast<void>(trainSettingsFromJson(json, "cannot read it")); }),
              HasSubstr("beta2"));
}

TEST(TrainSettings, RefuseValuesThatNoFlagCouldHaveGiven) {
  const std::vector<std::pair<const char*, Json>> hostile{{"batch", 0},
                                                          {"batch", 1.5},
                                                          {"batch", "8"},
                                                          {"batch", nullptr},
                                                          {"lr", -1},
                                                          {"lr", "fast"},
                                                          {"l1_mode", "loose"},
                                                          {"l1_mode", 1},
                                                          {"no_shuffle", 0},
                                                          {"text", "a.txt"},
                                                          {"text", Json::array()},
                                                          {"text", Json::array({1})},
                                                          {"site", "nowhere"},
                                                          {"layer", -1},
                                                          {"packing", "loose"},
                                                          {"threads", 1LL << 40},
                                                          {"seed", -1},
                                                          {"steps", 1LL << 60},
                                                          {"model", 7},
                                                          {"decoder_gradient", ""},
                                                          {"keep_checkpoints", -1},
                                                          {"target_sparsity", 2},
                                                          {"features", 0}};
  for (const auto& [key, value] : hostile) {
    Json json = toJson(onAModel());
    json[key] = value;
    EXPECT_FALSE(
        errorOf([&] { static_cast<void>(trainSettingsFromJson(json, "cannot read it")); }).empty())
        << key << " " << value;
  }
}

}  // namespace
}  // namespace featurescope
