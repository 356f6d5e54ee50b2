// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/neox_config.h"

#include "core/base/error.h"
#include "core/lm/neox_tensors_torch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <numeric>

namespace featurescope {
namespace {

using ::testing::HasSubstr;

/// Pythia-70m's config.json, as published.
Json pythia70m() {
  return Json::parse(R"({
    "architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0,
    "hidden_act": "gelu", "hidden_size": 512, "initializer_range": 0.02,
    "intermediate_size": 2048, "layer_norm_eps": 1e-05, "max_position_embeddings": 2048,
    "model_type": "gpt_neox", "num_attention_heads": 8, "num_hidden_layers": 6,
    "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": false,
    "torch_dtype": "float16", "transformers_version": "4.24.0", "use_cache": true,
    "use_parallel_residual": true, "vocab_size": 50304})");
}

/// The error that parsing the config gives; a failure where there is none.
UserError errorOf(const Json& config) {
  try {
    (void)NeoxConfig::parse(config, "cannot read config.json");
  } catch (const UserError& error) {
    return error;
  }
  ADD_FAILURE() << "accepted " << config.dump();
  return {ErrorCode::Internal, "", ""};
}

TEST(NeoxConfig, ReadsPythia70m) {
  const auto config = NeoxConfig::parse(pythia70m(), "config.json");
  EXPECT_EQ(config.layers, 6);
  EXPECT_EQ(config.width, 512);
  EXPECT_EQ(config.heads, 8);
  EXPECT_EQ(config.headWidth(), 64);
  EXPECT_EQ(config.rotaryWidth(), 16);
  EXPECT_EQ(config.innerWidth, 2048);
  EXPECT_EQ(config.vocabulary, 50304);
  EXPECT_EQ(config.maxPositions, 2048);
  EXPECT_TRUE(config.parallelResidual);
  EXPECT_TRUE(config.attentionBias);
  EXPECT_FALSE(config.tiedEmbeddings);
  EXPECT_EQ(config.torchDtype, "float16");
}

struct PythiaSize {
  const char* name;
  int layers, width, heads, vocabulary, rotaryWidth;
  std::int64_t parameters;  ///< as the model cards state them
};

/// Layers, widths and heads: reference/pythia.md's table, after the published config.json.
constexpr std::array kPythia{
    PythiaSize{"14m", 6, 128, 4, 50304, 8, 14'067'712},
    PythiaSize{"31m", 6, 256, 8, 50304, 8, 30'494'720},
    PythiaSize{"70m", 6, 512, 8, 50304, 16, 70'426'624},
    PythiaSize{"160m", 12, 768, 12, 50304, 16, 162'322'944},
    PythiaSize{"410m", 24, 1024, 16, 50304, 16, 405'334'016},
    PythiaSize{"1b", 16, 2048, 8, 50304, 64, 1'011'781'632},
    PythiaSize{"1.4b", 24, 2048, 16, 50304, 32, 1'414'647'808},
    PythiaSize{"2.8b", 32, 2560, 32, 50304, 20, 2'775'208'960},
    PythiaSize{"6.9b", 32, 4096, 32, 50432, 32, 6'857'302'016},
    PythiaSize{"12b", 36, 5120, 40, 50688, 32, 11'846'072'320},
};

std::int64_t parametersOf(const NeoxConfig& config) {
  const auto count = [](const std::vector<std::int64_t>& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  };
  std::int64_t block = 0, sum = 0;
  for (const auto& tensor : kLayerTensors) block += count(tensor.shape(config));
  for (const auto& tensor : kOuterTensors) sum += count(tensor.shape(config));
  return sum + config.layers * block;
}

TEST(NeoxConfig, GivesEveryPythiaItsHeadsAndItsNumberOfParameters) {
  for (const PythiaSize& size : kPythia) {
    Json json = pythia70m();
    json["num_hidden_layers"] = size.layers;
    json["hidden_size"] = size.width;
    json["num_attention_heads"] = size.heads;
    json["intermediate_size"] = 4 * size.width;
    json["vocab_size"] = size.vocabulary;
    const auto config = NeoxConfig::parse(json, "config.json");
    EXPECT_EQ(config.rotaryWidth(), size.rotaryWidth) << size.name;
    EXPECT_EQ(parametersOf(config), size.parameters) << size.name;
  }
}

TEST(NeoxConfig, ReadsTheNewerSpellingOfTheRotarySettings) {
  Json json = pythia70m();
  json.erase("rotary_pct");
  json.erase("rotary_emb_base");
  json["rope_parameters"] = {
      {"rope_type", "default"}, {"rope_theta", 500.0}, {"partial_rotary_factor", 0.5}};
  const auto config = NeoxConfig::parse(json, "config.json");
  EXPECT_EQ(config.rotaryWidth(), 32);
  EXPECT_EQ(config.rotaryBase, 500.0);
}

TEST(NeoxConfig, AcceptsScalingThatIsNullOrOfTheDefaultType) {
  for (const Json& scaling : {Json(nullptr), Json{{"type", "default"}}}) {
    Json json = pythia70m();
    json["rope_scaling"] = scaling;
    EXPECT_EQ(NeoxConfig::parse(json, "config.json").rotaryWidth(), 16);
  }
}

TEST(NeoxConfig, RefusesUnknownRotaryScalingByItsName) {
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    Json json = pythia70m();
    json[key] = {{"rope_type", "yarn"}, {"factor", 4.0}};
    const auto error = errorOf(json);
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
    EXPECT_THAT(error.what(), HasSubstr("yarn"));
    EXPECT_THAT(error.what(), HasSubstr(key));
  }
}

TEST(NeoxConfig, RefusesAnOddRotaryWidth) {
  Json json = pythia70m();
  json["rotary_pct"] = 0.27;  // 17 of 64 dimensions
  const auto error = errorOf(json);
  EXPECT_EQ(error.code(), ErrorCode::Unsupported);
  EXPECT_THAT(error.what(), HasSubstr("17 of 64"));
}

TEST(NeoxConfig, RefusesAnActivationItDoesNotKnowByItsName) {
  Json json = pythia70m();
  json["hidden_act"] = "swish";
  EXPECT_EQ(errorOf(json).code(), ErrorCode::Unsupported);
  EXPECT_THAT(errorOf(json).what(), HasSubstr("swish"));
}

TEST(NeoxConfig, RefusesAnotherKindOfModelByItsName) {
  Json json = pythia70m();
  json["model_type"] = "llama";
  EXPECT_EQ(errorOf(json).code(), ErrorCode::Unsupported);
  EXPECT_THAT(errorOf(json).what(), HasSubstr("llama"));
}

TEST(NeoxConfig, NamesTheKeyThatIsMissingOrImpossible) {
  for (const char* key : {"hidden_size", "num_hidden_layers", "num_attention_heads",
                          "intermediate_size", "vocab_size"}) {
    Json missing = pythia70m();
    missing.erase(key);
    EXPECT_THAT(errorOf(missing).what(), HasSubstr(key));
    for (const Json& value : {Json(0), Json(-3), Json(1.5), Json("six"), Json(1e30)}) {
      Json wrong = pythia70m();
      wrong[key] = value;
      EXPECT_EQ(errorOf(wrong).code(), ErrorCode::BadFile);
      EXPECT_THAT(errorOf(wrong).what(), HasSubstr(key));
    }
  }
  Json endless = pythia70m();
  endless["num_hidden_layers"] = 2'000'000'000;
  EXPECT_THAT(errorOf(endless).what(), HasSubstr("num_hidden_layers"));
  Json indivisible = pythia70m();
  indivisible["num_attention_heads"] = 7;
  EXPECT_THAT(errorOf(indivisible).what(), HasSubstr("num_attention_heads"));
  EXPECT_EQ(errorOf(Json::array()).code(), ErrorCode::BadFile);
}

TEST(NeoxConfig, WritesWhatItReadsBack) {
  NeoxConfig config = NeoxConfig::parse(pythia70m(), "config.json");
  config.parallelResidual = false;
  config.attentionBias = false;
  config.tiedEmbeddings = true;
  config.activation = HiddenActivation::GeluFast;
  config.rotaryFraction = 1;
  config.rotaryBase = 777;
  EXPECT_EQ(NeoxConfig::parse(config.toJson(), "config.json").toJson(), config.toJson());
  EXPECT_EQ(config.toJson().at("hidden_act"), "gelu_fast");
}

}  // namespace
}  // namespace featurescope
