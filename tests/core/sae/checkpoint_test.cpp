// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sae/checkpoint.h"

#include "core/base/files.h"
#include "core/sae/autoencoder_torch.h"
#include "tests/core/sae/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::golden;

/// A folder with a SAELens checkpoint whose cfg.json is ours to change.
class SaeLensCheckpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    saveSaeLens(path(), randomAutoencoder(4, 8, 1), {"tiny", "gpt_neox.layers.3", 64, {}});
  }
  [[nodiscard]] fs::path path() const { return folder_.path() / "sae"; }
  void change(const char* key, const Json& value) const {
    Json settings = readJson(path() / "cfg.json");
    settings[key] = value;
    writeJson(path() / "cfg.json", settings);
  }
  /// Replaces the weights by zeros of these names and shapes.
  void replaceWeights(
      const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& shapes) const {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, shape] : shapes) tensors.push_back({name, fromTorch(at::zeros(shape))});
    writeSafetensors(path() / "sae_weights.safetensors", tensors);
  }
  TemporaryFolder folder_;
};

TEST(InspectCheckpoint, ReadsSaeLensVersion6) {
  const CheckpointInfo info = inspectCheckpoint(golden("saelens"));
  EXPECT_EQ(name(info.format), "saelens");
  EXPECT_EQ(info.width, 6);
  EXPECT_EQ(info.features, 10);
  EXPECT_EQ(info.dtype, DType::F32);
  EXPECT_TRUE(info.subtractsDecoderBias);
  EXPECT_EQ(info.hookName, "blocks.4.hook_mlp_out");
  EXPECT_EQ(info.modelName, "pythia-70m-deduped");
}

TEST(InspectCheckpoint, ReadsTheFlatSettingsOfOlderSaeLens) {
  const CheckpointInfo info = inspectCheckpoint(golden("saelens_flat"));
  EXPECT_EQ(info.activation.architecture, Architecture::Standard);
  EXPECT_FALSE(info.subtractsDecoderBias);
  EXPECT_EQ(info.hookName, "blocks.4.hook_mlp_out");
}

TEST(InspectCheckpoint, ReadsNeelNandasLayout) {
  const CheckpointInfo info = inspectCheckpoint(golden("neel"));
  EXPECT_EQ(name(info.format), "neel");
  EXPECT_EQ(info.width, 6);
  EXPECT_EQ(info.features, 10);
  EXPECT_EQ(info.hookName, "blocks.4.hook_mlp_out");
}

TEST_F(SaeLensCheckpoint, IsFoundThroughItsRunItsFolderAndItsFile) {
  for (const fs::path& given : {folder_.path(), path(), path() / "sae_weights.safetensors"}) {
    EXPECT_EQ(inspectCheckpoint(given).features, 8) << given;
  }
}

TEST_F(SaeLensCheckpoint, IsRecognisedWhateverItsFileIsCalled) {
  fs::rename(path() / "sae_weights.safetensors", path() / "renamed.safetensors");
  EXPECT_EQ(inspectCheckpoint(path()).features, 8);
}

TEST_F(SaeLensCheckpoint, HasAHashOfItsContentsWhereverItLies) {
  const std::string before = hashCheckpoint(inspectCheckpoint(path()));
  EXPECT_TRUE(before.starts_with("sha256:"));
  fs::rename(path(), folder_.path() / "moved");
  EXPECT_EQ(hashCheckpoint(inspectCheckpoint(folder_.path() / "moved")), before);
}

TEST_F(SaeLensCheckpoint, OfAnotherArchitectureIsRefusedByName) {
  change("architecture", "abstopk");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "abstopk");
}

TEST_F(SaeLensCheckpoint, WithAnotherActivationIsRefusedByName) {
  change("activation_fn_str", "tanh-relu");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "tanh-relu");
}

TEST_F(SaeLensCheckpoint, WithANormalisationThatIsNotReadIsRefusedByName) {
  change("normalize_activations", "covariance_whitening");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "covariance_whitening");
  change("normalize_activations", nullptr);
  EXPECT_EQ(inspectCheckpoint(path()).normalisation, InputNormalisation::None);
}

TEST_F(SaeLensCheckpoint, WithAnAverageNormIsFoldedUnlessAFactorLiesBesideIt) {
  change("normalize_activations", true);
  EXPECT_EQ(inspectCheckpoint(path()).inputFactor, 1);
  writeFile(path() / "activation_scaler.json", R"({"scaling_factor": null})");
  EXPECT_EQ(inspectCheckpoint(path()).inputFactor, 1);
  const std::string before = hashCheckpoint(inspectCheckpoint(path()));
  writeFile(path() / "activation_scaler.json", R"({"scaling_factor": 0.25})");
  EXPECT_EQ(inspectCheckpoint(path()).inputFactor, 0.25);
  EXPECT_NE(hashCheckpoint(inspectCheckpoint(path())), before);
  change("normalize_activations", "none");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "scaling_factor");
}

TEST_F(SaeLensCheckpoint, WithAScalingFactorScalesTheDecoderWhereItsSettingsSaySo) {
  AutoencoderParameters p = randomAutoencoder(4, 8, 1);
  const at::Tensor factor = at::linspace(0.5, 2, 8);
  std::vector<NamedTensor> tensors{{"scaling_factor", fromTorch(factor)}};
  for (const auto& [name, tensor] : p.named())
    tensors.push_back({std::string(name), fromTorch(*tensor)});
  writeSafetensors(path() / "sae_weights.safetensors", tensors);
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported,
                    "scaling_factor other than 1");
  change("finetuning_scaling_factor", true);
  const Autoencoder sae = Autoencoder::load(path());
  const at::Tensor f = at::rand({3, 8}), x = at::zeros({3, 4});
  testing::expectNear(sae.decode(f, x), (f * factor).mm(p.W_dec) + p.b_dec, 1e-6);
}

TEST_F(SaeLensCheckpoint, WithAScalingFactorThatIsNotOneNumberAFeatureIsRefused) {
  change("finetuning_scaling_factor", true);
  for (const auto& shape : {std::vector<std::int64_t>{7}, {9}, {1}, {8, 1}, {2, 4}}) {
    SCOPED_TRACE(shape.size());
    std::vector<NamedTensor> tensors{{"scaling_factor", fromTorch(at::full(shape, 0.5))}};
    const AutoencoderParameters p = randomAutoencoder(4, 8, 1);
    for (const auto& [name, tensor] : p.named())
      tensors.push_back({std::string(name), fromTorch(*tensor)});
    writeSafetensors(path() / "sae_weights.safetensors", tensors);
    EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::ShapeMismatch, "scaling_factor is [");
  }
}

TEST_F(SaeLensCheckpoint, OfATranscoderIsRefusedByItsTensors) {
  replaceWeights(
      {{"W_enc", {4, 8}}, {"W_dec", {8, 4}}, {"b_enc", {8}}, {"b_dec", {4}}, {"b_dec_out", {4}}});
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "transcoder");
}

TEST_F(SaeLensCheckpoint, WithoutItsSettingsIsRefused) {
  fs::remove(path() / "cfg.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::NotFound, "cfg.json");
}

TEST_F(SaeLensCheckpoint, WithShapesThatDisagreeIsRefused) {
  replaceWeights({{"W_enc", {4, 8}}, {"W_dec", {4, 8}}, {"b_enc", {8}}, {"b_dec", {4}}});
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::ShapeMismatch, "W_dec is [4, 8]");
}

TEST_F(SaeLensCheckpoint, WithoutABiasIsRefused) {
  replaceWeights({{"W_enc", {4, 8}}, {"W_dec", {8, 4}}, {"b_dec", {4}}});
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::BadFile, "no tensor b_enc");
}

TEST_F(SaeLensCheckpoint, ThatIsTruncatedSaysSo) {
  fs::resize_file(path() / "sae_weights.safetensors", 100);
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::BadFile, "sae_weights.safetensors");
}

TEST(InspectCheckpoint, OfARunWithoutResultSaysThatItHasNone) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "run.json", "{}");
  EXPECT_USER_ERROR(inspectCheckpoint(folder.path()), ErrorCode::NotFound, "no sae/");
}

TEST(InspectCheckpoint, OfNothingSaysSo) {
  const TemporaryFolder folder;
  EXPECT_USER_ERROR(inspectCheckpoint(folder.path()), ErrorCode::NotFound, "no file");
  EXPECT_USER_ERROR(inspectCheckpoint(folder.path() / "x"), ErrorCode::NotFound, "no such");
}

TEST(SaveCheckpoint, RoundTripsToTheBitInBothLayouts) {
  const TemporaryFolder folder;
  const AutoencoderParameters written = randomAutoencoder(5, 12, 9);
  saveSaeLens(folder.path() / "lens", written, {"tiny", "gpt_neox.layers.3", 64, {}});
  saveNeel(folder.path() / "neel", "0", written, {"tiny", "gpt_neox.layers.3", 64, {}});
  for (const char* layout : {"lens", "neel"}) {
    const Autoencoder read = Autoencoder::load(folder.path() / layout);
    EXPECT_TRUE(read.parameters().W_enc.equal(written.W_enc)) << layout;
    EXPECT_TRUE(read.parameters().W_dec.equal(written.W_dec)) << layout;
    EXPECT_TRUE(read.parameters().b_enc.equal(written.b_enc)) << layout;
    EXPECT_TRUE(read.parameters().b_dec.equal(written.b_dec)) << layout;
    EXPECT_EQ(read.info().modelName, "tiny");
    EXPECT_EQ(read.info().hookName, "blocks.3.hook_resid_post");
  }
}

TEST(SaveCheckpoint, NamesTheHookAsSaeLensDoes) {
  const TemporaryFolder folder;
  const auto hookOf = [&](const std::string& module) {
    saveSaeLens(folder.path() / "sae", randomAutoencoder(2, 4, 0), {"m", module, 64, {}});
    const Json metadata = readJson(folder.path() / "sae" / "cfg.json")["metadata"];
    EXPECT_EQ(metadata["hf_hook_name"], module);
    return metadata["hook_name"].get<std::string>();
  };
  EXPECT_EQ(hookOf("gpt_neox.layers.12.mlp.dense_4h_to_h"), "blocks.12.hook_mlp_out");
  EXPECT_EQ(hookOf("gpt_neox.layers.0.mlp.dense_h_to_4h"), "blocks.0.mlp.hook_pre");
  EXPECT_EQ(hookOf("gpt_neox.layers.5"), "blocks.5.hook_resid_post");
  EXPECT_EQ(hookOf("elsewhere"), "elsewhere");
}

}  // namespace
}  // namespace featurescope
