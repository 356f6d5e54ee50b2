// SPDX-License-Identifier: GPL-3.0-or-later
// What is read of a model folder, and what is said of one that cannot be read.
#include "core/lm/model_folder.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/torch_zip.h"
#include "tests/core/lm/golden_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>

namespace featurescope {
namespace {

using testing::GoldenModel;
using ::testing::HasSubstr;

UserError errorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorCode::Internal, "", ""};
}

/// A copy of the golden model "parallel" (or another) whose tensors a test may change.
class ModelCopy {
 public:
  explicit ModelCopy(const std::string& name = "parallel") : golden_(name) {
    std::filesystem::copy(golden_.folder / "config.json", path());
    const TensorFile file = TensorFile::open(golden_.folder / "model.safetensors");
    for (const auto& [key, entry] : file.entries())
      tensors_[key] = toTorch(file.tensor(key)).clone();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] const GoldenModel& golden() const { return golden_; }
  [[nodiscard]] std::map<std::string, at::Tensor>& tensors() { return tensors_; }

  void write(const std::string& file = "model.safetensors") const {
    std::vector<NamedTensor> named;
    for (const auto& [name, tensor] : tensors_) named.push_back({name, fromTorch(tensor)});
    writeSafetensors(path() / file, named);
  }
  [[nodiscard]] LanguageModel open(std::optional<Site> upTo = {}) const {
    return LanguageModel::open(path(), {.upTo = upTo});
  }

 private:
  GoldenModel golden_;
  TemporaryFolder folder_;
  std::map<std::string, at::Tensor> tensors_;
};

/// The names, after "gpt_neox.", that layer 1's sites may read beside embed_in and layer 0; written
/// out by hand from the formulas of the forward pass.
const std::set<std::string> kMlpIn{
    "layers.1.post_attention_layernorm.weight", "layers.1.post_attention_layernorm.bias",
    "layers.1.mlp.dense_h_to_4h.weight", "layers.1.mlp.dense_h_to_4h.bias"};
const std::set<std::string> kMlpOut{"layers.1.mlp.dense_4h_to_h.weight",
                                    "layers.1.mlp.dense_4h_to_h.bias"};
const std::set<std::string> kAttention{
    "layers.1.input_layernorm.weight",           "layers.1.input_layernorm.bias",
    "layers.1.attention.query_key_value.weight", "layers.1.attention.query_key_value.bias",
    "layers.1.attention.dense.weight",           "layers.1.attention.dense.bias"};

struct ReadCase {
  const char* model;
  SiteKind kind;
  std::vector<const std::set<std::string>*> parts;
};

class WeightsThatAreRead : public ::testing::TestWithParam<ReadCase> {};

TEST_P(WeightsThatAreRead, AreExactlyThoseTheSiteNeeds) {
  const auto& [name, kind, parts] = GetParam();
  ModelCopy model(name);
  std::set<std::string> needed;
  for (const auto& [key, tensor] : model.tensors()) {
    const std::string shortName = key.starts_with("gpt_neox.") ? key.substr(9) : key;
    bool read = shortName == "embed_in.weight" || shortName.starts_with("layers.0.");
    for (const auto* part : parts) read = read || part->contains(shortName);
    if (read) needed.insert(key);
  }
  // A weight that is read and not finite is an error, so every other one may be NaN …
  for (auto& [key, tensor] : model.tensors()) {
    if (!needed.contains(key)) tensor.fill_(std::numeric_limits<double>::quiet_NaN());
  }
  model.write();
  const Site site{Layer{1}, kind};
  const at::NoGradGuard noGrad;
  EXPECT_LT(testing::relativeError(model.open(site).activations(model.golden().ids(), site),
                                   model.golden().expect(site.moduleName())),
            testing::kTolerance);
  // … and of the needed ones none may.
  for (const auto& key : needed) {
    auto& tensor = model.tensors().at(key);
    const auto kept = tensor.clone();
    tensor.view(-1)[-1] = std::numeric_limits<double>::quiet_NaN();
    model.write();
    const auto error = errorOf([&] { (void)model.open(site); });
    EXPECT_EQ(error.code(), ErrorCode::NotFinite);
    EXPECT_THAT(error.what(), HasSubstr(key));
    tensor.copy_(kept);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sites, WeightsThatAreRead,
    ::testing::Values(ReadCase{"parallel", SiteKind::MlpPre, {&kMlpIn}},
                      ReadCase{"parallel", SiteKind::MlpOut, {&kMlpIn, &kMlpOut}},
                      ReadCase{"parallel", SiteKind::Resid, {&kMlpIn, &kMlpOut, &kAttention}},
                      ReadCase{"sequential", SiteKind::MlpPre, {&kMlpIn, &kAttention}},
                      ReadCase{"sequential", SiteKind::MlpOut, {&kMlpIn, &kMlpOut, &kAttention}}),
    [](const auto& instance) {
      std::string label = std::string(instance.param.model) + "_" +
                          std::string(featurescope::name(instance.param.kind));
      std::replace(label.begin(), label.end(), '-', '_');
      return label;
    });

TEST(ModelFolder, AShardThatTheSiteDoesNotNeedMayBeMissing) {
  const GoldenModel golden("sharded");
  TemporaryFolder folder;
  std::filesystem::copy(golden.folder, folder.path(), std::filesystem::copy_options::recursive);
  const Json index = readJson(golden.folder / "model.safetensors.index.json");
  const Site site{Layer{0}, SiteKind::MlpOut};
  std::set<std::string> kept;
  for (const auto& [name, shard] : index.at("weight_map").items()) {
    if (name.find("embed_in") != std::string::npos ||
        name.find("layers.0.mlp") != std::string::npos ||
        name.find("layers.0.post") != std::string::npos) {
      kept.insert(shard.get<std::string>());
    }
  }
  std::string removed;
  for (const auto& shard : index.at("weight_map")) {
    if (kept.contains(shard.get<std::string>())) continue;
    removed = shard.get<std::string>();
    std::filesystem::remove(folder.path() / removed);
  }
  ASSERT_FALSE(removed.empty());
  const at::NoGradGuard noGrad;
  const auto model = LanguageModel::open(folder.path(), {.upTo = site});
  EXPECT_LT(testing::relativeError(model.activations(golden.ids(), site),
                                   golden.expect(site.moduleName())),
            testing::kTolerance);
  const auto error = errorOf([&] { (void)LanguageModel::open(folder.path(), {}); });
  EXPECT_EQ(error.code(), ErrorCode::NotFound);
  EXPECT_THAT(error.what(), HasSubstr("model-0000"));
}

/// As Pythia's step checkpoints of the larger sizes are published.
TEST(ModelFolder, MayHoldItsWeightsAsShardedPickles) {
  const GoldenModel golden("sharded");
  const TemporaryFolder folder;
  std::filesystem::copy(golden.folder / "config.json", folder.path());
  Json index = readJson(golden.folder / "model.safetensors.index.json");
  std::map<std::string, std::vector<NamedTensor>> shards;
  for (auto& [name, shard] : index.at("weight_map").items()) {
    const TensorFile file = TensorFile::open(golden.folder / shard.get<std::string>());
    shard = std::filesystem::path(shard.get<std::string>()).replace_extension(".bin").string();
    shards[shard.get<std::string>()].push_back({name, file.tensor(name)});
  }
  for (const auto& [shard, tensors] : shards) writeTorchZip(folder.path() / shard, tensors);
  writeJson(folder.path() / "pytorch_model.bin.index.json", index);
  const at::NoGradGuard noGrad;
  const auto model = LanguageModel::open(folder.path(), {});
  const Site site{Layer{1}, SiteKind::Resid};
  EXPECT_LT(testing::relativeError(model.activations(golden.ids(), site),
                                   golden.expect(site.moduleName())),
            testing::kTolerance);
  const auto hash = ModelFolder::open(folder.path()).hash();
  writeTorchZip(folder.path() / shards.begin()->first, shards.rbegin()->second);
  EXPECT_NE(ModelFolder::open(folder.path()).hash(), hash);
}

TEST(ModelFolder, AWeightOfAnotherShapeIsNamedWithBothShapes) {
  ModelCopy model;
  model.tensors()["gpt_neox.layers.1.mlp.dense_h_to_4h.weight"] = at::zeros({12, 9});
  model.write();
  const auto error = errorOf([&] { (void)model.open(); });
  EXPECT_EQ(error.code(), ErrorCode::ShapeMismatch);
  EXPECT_THAT(error.what(), HasSubstr("gpt_neox.layers.1.mlp.dense_h_to_4h.weight"));
  EXPECT_THAT(error.what(), HasSubstr("[12, 9]"));
  EXPECT_THAT(error.what(), HasSubstr("[12, 8]"));
}

TEST(ModelFolder, AMissingWeightIsNamed) {
  ModelCopy model;
  model.tensors().erase("gpt_neox.layers.0.attention.dense.bias");
  model.write();
  const auto error = errorOf([&] { (void)model.open(); });
  EXPECT_EQ(error.code(), ErrorCode::NotFound);
  EXPECT_THAT(error.what(), HasSubstr("gpt_neox.layers.0.attention.dense.bias"));
}

TEST(ModelFolder, WeightsThatAreNoFloatsAreRefused) {
  ModelCopy model;
  auto& tensor = model.tensors()["embed_out.weight"];
  tensor = tensor.to(at::kInt);
  model.write();
  EXPECT_EQ(errorOf([&] { (void)model.open(); }).code(), ErrorCode::BadFile);
}

TEST(ModelFolder, AValueTooLargeForTheArithmeticIsSaid) {
  ModelCopy model;
  model.tensors()["embed_out.weight"][0][0] = 1e6;
  model.write();
  EXPECT_NO_THROW((void)model.open());
  const auto error =
      errorOf([&] { (void)LanguageModel::open(model.path(), {.dtype = at::kHalf}); });
  EXPECT_EQ(error.code(), ErrorCode::NotFinite);
  EXPECT_THAT(error.what(), HasSubstr("too large"));
}

TEST(ModelFolder, SaysWhatAFolderLacks) {
  TemporaryFolder folder;
  const auto code = [&](const std::filesystem::path& path) {
    return errorOf([&] { (void)ModelFolder::open(path); }).code();
  };
  EXPECT_EQ(code(folder.path() / "nowhere"), ErrorCode::NotFound);
  EXPECT_EQ(code(folder.path()), ErrorCode::NotFound);  // no config.json
  std::filesystem::copy(GoldenModel("parallel").folder / "config.json", folder.path());
  EXPECT_EQ(code(folder.path() / "config.json"), ErrorCode::NotFound);  // a file
  EXPECT_EQ(code(folder.path()), ErrorCode::NotFound);                  // no weights
  writeFile(folder.path() / "pytorch_model.bin.index.json", "{}");
  EXPECT_EQ(code(folder.path()), ErrorCode::BadFile);
  writeFile(folder.path() / "model.safetensors", "nonsense");
  EXPECT_EQ(code(folder.path()), ErrorCode::BadFile);
}

TEST(ModelFolder, ASiteBeyondTheLastLayerIsOutOfRange) {
  ModelCopy model;
  model.write();
  const auto error = errorOf([&] { (void)model.open(Site{Layer{2}, SiteKind::MlpOut}); });
  EXPECT_EQ(error.code(), ErrorCode::OutOfRange);
  EXPECT_THAT(error.what(), HasSubstr("2 layers"));
}

TEST(ModelFolder, TheHashFollowsTheContentsAndNotThePlace) {
  ModelCopy model, same;
  model.write();
  same.write();
  const auto hash = ModelFolder::open(model.path()).hash();
  EXPECT_THAT(hash, ::testing::MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_EQ(ModelFolder::open(same.path()).hash(), hash);
  same.tensors()["embed_out.weight"][0][0] += 1;
  same.write();
  EXPECT_NE(ModelFolder::open(same.path()).hash(), hash);
  EXPECT_NO_THROW((void)ModelFolder::open(GoldenModel("sharded").folder).hash());
}

}  // namespace
}  // namespace featurescope
