// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/inspect.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/store/index_writer.h"
#include "core/study/study.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::ownData;
using ::testing::StartsWith;

std::string messageOf(const fs::path& path) {
  try {
    (void)inspectPath(path);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

void makeIndex(const fs::path& path) {
  IndexWriter writer(path, false);
  writer.writeVocabulary(std::array<std::string, 1>{"a"});
  writer.appendSequence(std::array<TokenId, 3>{}, std::array<std::string, 3>{"a", "a", "a"});
  writer.appendFeature({}, {});
  writer.writeProvenance("model", "tiny");
  writer.finish();
}

TEST(Inspect, TellsAModelsShapesAndSettings) {
  const Json info = inspectPath(ownData("lm/parallel"));
  const Json config = readJson(ownData("lm/parallel/config.json"));
  EXPECT_EQ(info["kind"], "model");
  EXPECT_EQ(info["layers"], config["num_hidden_layers"]);
  EXPECT_EQ(info["d_model"], config["hidden_size"]);
  EXPECT_EQ(info["d_ff"], config["intermediate_size"]);
  EXPECT_EQ(info["vocab"], config["vocab_size"]);
  EXPECT_EQ(info["dtype"], "float32");
  EXPECT_EQ(info["shapes"]["gpt_neox.embed_in.weight"],
            Json::array({config["vocab_size"], config["hidden_size"]}));
  std::int64_t parameters = 0;
  for (const auto& [name, shape] : info["shapes"].items()) {
    std::int64_t count = 1;
    for (const Json& size : shape) count *= size.get<std::int64_t>();
    parameters += count;
  }
  EXPECT_EQ(info["parameters"], parameters);
  EXPECT_THAT(info["hash"].get<std::string>(), MatchesRegex("sha256:[0-9a-f]{64}"));
}

TEST(Inspect, RecognisesAModelByAnyOfItsFiles) {
  const Json whole = inspectPath(ownData("lm/parallel"));
  for (const char* file : {"config.json", "model.safetensors"}) {
    EXPECT_EQ(inspectPath(ownData("lm/parallel") / file), whole) << file;
  }
  EXPECT_EQ(inspectPath(ownData("lm/sharded"))["kind"], "model");
  EXPECT_EQ(inspectPath(ownData("lm/pickled"))["kind"], "model");
  EXPECT_EQ(inspectPath(ownData("lm/bfloat16"))["dtype"], "bfloat16");
}

TEST(Inspect, GivesTheSameHashWhereverAFolderLies) {
  TemporaryFolder folder;
  const fs::path moved = folder.path() / "moved";
  fs::copy(ownData("lm/parallel"), moved, fs::copy_options::recursive);
  EXPECT_EQ(inspectPath(moved)["hash"], inspectPath(ownData("lm/parallel"))["hash"]);
  EXPECT_NE(inspectPath(moved)["hash"], inspectPath(ownData("lm/sequential"))["hash"]);
}

TEST(Inspect, TellsAnSaesShapesAndFormat) {
  for (const auto& [folder, format] :
       {std::pair{"sae/saelens", "saelens"}, std::pair{"sae/neel", "neel"}}) {
    const Json info = inspectPath(ownData(folder));
    EXPECT_EQ(info["kind"], "sae");
    EXPECT_EQ(info["format"], format);
    EXPECT_EQ(info["architecture"], "standard");
    EXPECT_EQ(info["shapes"]["W_enc"], Json::array({info["d"], info["m"]}));
    const auto d = info["d"].get<std::int64_t>(), m = info["m"].get<std::int64_t>();
    EXPECT_EQ(info["parameters"], 2 * d * m + d + m);
    EXPECT_THAT(info["hash"].get<std::string>(), StartsWith("sha256:"));
  }
}

TEST(Inspect, TellsAnIndexARunAndAStudy) {
  TemporaryFolder folder;
  makeIndex(folder.path() / "indexes/index.sqlite");
  const Json index = inspectPath(folder.path() / "indexes/index.sqlite");
  EXPECT_EQ(index["kind"], "index");
  EXPECT_EQ(index["features"], 1);
  EXPECT_EQ(index["tokens"], 3);
  EXPECT_EQ(index["provenance"]["model"], "tiny");

  writeFile(folder.path() / "run/run.json", R"({"state": "interrupted", "lr": 0.0001})");
  const Json unfinished = inspectPath(folder.path() / "run");
  EXPECT_EQ(unfinished["kind"], "run");
  EXPECT_EQ(unfinished["state"], "interrupted");
  EXPECT_EQ(unfinished["parameters"], 0);
  fs::copy(ownData("sae/saelens"), folder.path() / "run/sae", fs::copy_options::recursive);
  EXPECT_EQ(inspectPath(folder.path() / "run")["shapes"],
            inspectPath(ownData("sae/saelens"))["shapes"]);

  Study study = Study::create(folder.path(), "Mine", false);
  study.indexes = {{"index", folder.path() / "indexes/index.sqlite"}};
  study.runs = {{"gone", folder.path() / "gone"}};
  study.save();
  const Json described = inspectPath(folder.path());
  EXPECT_EQ(described["kind"], "study");
  EXPECT_EQ(described["name"], "Mine");
  EXPECT_EQ(described["indexes"][0]["exists"], true);
  EXPECT_EQ(described["runs"][0]["exists"], false);
}

TEST(Inspect, ShowsOfTheLastFiguresOnlyNumbers) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "run.json", "{}");
  writeFile(folder.path() / "metrics.csv", "step,loss,l0\r\n7," + std::string(1'000'000, '[') +
                                               std::string(1'000'000, ']') + ",2.5\r\n");
  const Json info = inspectPath(folder.path());
  EXPECT_EQ(info["last_metrics"].dump(), R"({"l0":2.5,"loss":null,"step":7})");
}

TEST(Inspect, SaysWhatItFoundWhereItKnowsNothingOfIt) {
  TemporaryFolder folder;
  EXPECT_THAT(messageOf(folder.path()), HasSubstr("empty folder"));
  writeFile(folder.path() / "notes.txt", "hello");
  EXPECT_THAT(messageOf(folder.path()), AllOf(HasSubstr("notes.txt"), HasSubstr("model folder")));
  EXPECT_THAT(messageOf(folder.path() / "notes.txt"), HasSubstr("text file of 5 bytes"));
  EXPECT_THAT(messageOf(folder.path() / "note.txt"), HasSubstr("did you mean"));
  writeFile(folder.path() / "x", std::string(3, '\0'));
  EXPECT_THAT(messageOf(folder.path() / "x"), HasSubstr("binary file of 3 bytes"));
  writeFile(folder.path() / "t.sqlite", "SQLite format 3");
  EXPECT_THAT(messageOf(folder.path() / "t.sqlite"), HasSubstr("cannot read"));
}

}  // namespace
}  // namespace featurescope
