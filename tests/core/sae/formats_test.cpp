// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints that the libraries of others saved (tests/data/make_format_golden.py).
#include "core/base/files.h"
#include "core/sae/autoencoder_torch.h"
#include "core/sae/convert_checkpoint.h"
#include "core/sae/sparse_encoder_torch.h"
#include "core/tensorfile/torch_zip.h"
#include "tests/core/sae/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::expectNear;
using testing::golden;
using testing::readTensor;

at::Tensor goldenInput() { return readTensor(golden("activations.safetensors"), "activations"); }

fs::path checkpoint(const std::string& name) { return golden("formats/" + name); }

struct SavedCase {
  const char* name;
  const char* format;
  const char* architecture;
};

class SavedByItsLibrary : public ::testing::TestWithParam<SavedCase> {
 protected:
  [[nodiscard]] static at::Tensor expected(const char* tensor) {
    return readTensor(golden("formats/" + std::string(GetParam().name) + "_expected.safetensors"),
                      tensor);
  }
};

TEST_P(SavedByItsLibrary, IsRecognised) {
  const CheckpointInfo info = inspectCheckpoint(checkpoint(GetParam().name));
  EXPECT_EQ(name(info.format), GetParam().format);
  EXPECT_EQ(architectureName(info), GetParam().architecture);
  EXPECT_EQ(info.width, 6);
  EXPECT_EQ(info.features, 10);
}

TEST_P(SavedByItsLibrary, EncodesAndDecodesAsTheLibraryDoes) {
  const Autoencoder sae = Autoencoder::load(checkpoint(GetParam().name));
  const at::Tensor x = goldenInput(), f = sae.encode(x);
  expectNear(f, expected("features"), 1e-5);
  EXPECT_TRUE(f.gt(0).equal(expected("features").gt(0)));
  expectNear(sae.decode(f, x), expected("reconstruction"), 2e-5);
}

TEST_P(SavedByItsLibrary, HasTheSameFeaturesSparsely) {
  const Autoencoder sae = Autoencoder::load(checkpoint(GetParam().name));
  SparseCode code;
  SparseEncoder(sae).encode(goldenInput(), code);
  const at::Tensor f = expected("features");
  EXPECT_EQ(code.nonZeros(), f.gt(0).sum().item<std::int64_t>());
  for (std::int64_t t = 0; t < code.rows(); ++t) {
    for (auto i = code.indptr[t]; i < code.indptr[t + 1]; ++i) {
      EXPECT_NEAR(code.values[i], f[t][code.indices[i]].item<float>(), 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Golden, SavedByItsLibrary,
    ::testing::Values(
        SavedCase{"lens-standard-layer", "saelens", "standard"},
        SavedCase{"lens-standard-constant", "saelens", "standard"},
        SavedCase{"lens-topk-layer", "saelens", "topk"},
        SavedCase{"lens-topk-constant", "saelens", "topk"},
        SavedCase{"lens-jumprelu-layer", "saelens", "jumprelu"},
        SavedCase{"lens-jumprelu-constant", "saelens", "jumprelu"},
        SavedCase{"lens-gated-layer", "saelens", "gated"},
        SavedCase{"lens-gated-constant", "saelens", "gated"},
        SavedCase{"lens-standard-unfolded", "saelens", "standard"},
        SavedCase{"sparsify", "sparsify", "topk"}, SavedCase{"sparsify-skip", "sparsify", "topk"},
        SavedCase{"sparsify-transcoder", "sparsify", "topk"},
        SavedCase{"dictionary-AutoEncoder", "dictionary-learning", "standard"},
        SavedCase{"dictionary-AutoEncoderNew", "dictionary-learning", "standard"},
        SavedCase{"dictionary-GatedAutoEncoder", "dictionary-learning", "gated"},
        SavedCase{"dictionary-JumpReluAutoEncoder", "dictionary-learning", "jumprelu"},
        SavedCase{"dictionary-AutoEncoderTopK", "dictionary-learning", "topk"},
        SavedCase{"dictionary-BatchTopKSAE", "dictionary-learning", "batchtopk"},
        SavedCase{"dictionary-MatryoshkaBatchTopKSAE", "dictionary-learning", "matryoshka"},
        SavedCase{"interrupted-AutoEncoder", "dictionary-learning", "standard"},
        SavedCase{"interrupted-GatedAutoEncoder", "dictionary-learning", "gated"},
        SavedCase{"interrupted-JumpReluAutoEncoder", "dictionary-learning", "jumprelu"},
        SavedCase{"interrupted-AutoEncoderTopK", "dictionary-learning", "topk"},
        SavedCase{"interrupted-BatchTopKSAE", "dictionary-learning", "batchtopk"},
        SavedCase{"interrupted-MatryoshkaBatchTopKSAE", "dictionary-learning", "matryoshka"},
        SavedCase{"openai-relu", "openai", "standard"}, SavedCase{"openai-topk", "openai", "topk"},
        SavedCase{"gemma-scope", "gemma-scope", "jumprelu"},
        SavedCase{"gemma-scope-deflated", "gemma-scope", "jumprelu"}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

class Converted : public ::testing::Test {
 protected:
  fs::path convert(const fs::path& sae, CheckpointFormat to) const {
    const fs::path out = folder_.path() / ("converted" + std::to_string(++count_));
    convertCheckpoint({.sae = sae, .out = out, .to = to});
    return out;
  }
  /// Converts there and back; every tensor of the file must be what it was, in type, shape and
  /// bits.
  void expectRoundTrip(const std::string& name, const std::string& file, CheckpointFormat there,
                       CheckpointFormat back) const {
    SCOPED_TRACE(name);
    const TensorFile before = TensorFile::open(checkpoint(name) / file);
    const TensorFile after = TensorFile::open(
        inspectCheckpoint(convert(convert(checkpoint(name), there), back)).weightsPath);
    for (const auto& [tensor, entry] : before.entries()) {
      EXPECT_EQ(after.entries().at(tensor).shape, entry.shape) << tensor;
      EXPECT_TRUE(toTorch(after.tensor(tensor)).equal(toTorch(before.tensor(tensor)))) << tensor;
    }
  }
  void expectRefused(const std::string& name, CheckpointFormat to, const std::string& part) const {
    const fs::path out = folder_.path() / "refused";
    EXPECT_USER_ERROR(convertCheckpoint({.sae = checkpoint(name), .out = out, .to = to}),
                      ErrorCode::Unsupported, part);
    EXPECT_FALSE(fs::exists(out));
  }
  TemporaryFolder folder_;
  mutable int count_ = 0;
};

using enum CheckpointFormat;

TEST_F(Converted, ThereAndBackIsTheSameToTheBit) {
  expectRoundTrip("sparsify", "sae.safetensors", SaeLens, Sparsify);
  expectRoundTrip("dictionary-AutoEncoder", "ae.pt", Neel, DictionaryLearning);
  expectRoundTrip("dictionary-AutoEncoderNew", "ae.pt", SaeLens, DictionaryLearning);
  expectRoundTrip("dictionary-GatedAutoEncoder", "ae.pt", SaeLens, DictionaryLearning);
  expectRoundTrip("lens-topk-layer", "sae_weights.safetensors", SaeLens, SaeLens);
}

TEST_F(Converted, KeepsTheTypeOfItsNumbers) {
  const AutoencoderParameters random = randomAutoencoder(4, 8, 3);
  AutoencoderParameters half = random;
  for (const auto& [name, tensor] : half.named()) *tensor = tensor->to(at::kBFloat16);
  saveSaeLens(folder_.path() / "half", half, {"tiny", "blocks.3.hook_mlp_out", 64, {}});
  for (const CheckpointFormat to : {Neel, DictionaryLearning}) {
    const fs::path back = convert(convert(folder_.path() / "half", to), SaeLens);
    EXPECT_TRUE(readTensor(back / "sae_weights.safetensors", "W_enc").equal(half.W_enc));
    const CheckpointInfo info = inspectCheckpoint(back);
    EXPECT_EQ(info.dtype, DType::BF16);
    EXPECT_EQ(info.hookName, "blocks.3.hook_mlp_out");
    EXPECT_EQ(info.modelName, "tiny");
  }
}

TEST_F(Converted, MakesOneThresholdAConstantVectorInSaeLens) {
  const fs::path lens = convert(checkpoint("dictionary-BatchTopKSAE"), SaeLens);
  EXPECT_EQ(architectureName(inspectCheckpoint(lens)), "jumprelu");
  EXPECT_TRUE(
      readTensor(lens / "sae_weights.safetensors", "threshold").equal(at::full({10}, 0.4F)));
}

TEST_F(Converted, NamesWhatALayoutCannotHold) {
  expectRefused("lens-standard-layer", Neel, "an input normalised by layer_norm");
  expectRefused("lens-standard-unfolded", SaeLens, "activation_scaler.json");
  expectRefused("interrupted-AutoEncoder", DictionaryLearning, "norm_factor");
  expectRefused("sparsify-skip", SaeLens, "a skip connection");
  expectRefused("dictionary-GatedAutoEncoder", Neel, "a gated SAE");
  expectRefused("dictionary-AutoEncoderNew", Neel, "does not subtract b_dec");
  expectRefused("gemma-scope", Sparsify, "a jumprelu SAE");
  expectRefused("sparsify", GemmaScope, "only read");
}

TEST_F(Converted, DoesNotOverwriteUnasked) {
  const fs::path out = convert(checkpoint("sparsify"), SaeLens);
  EXPECT_USER_ERROR(convertCheckpoint({.sae = checkpoint("sparsify"), .out = out}),
                    ErrorCode::OutputExists, "--force");
}

/// Tensors of these names and shapes, all zeros, in a torch file beside these settings.
class AForeignCheckpoint : public ::testing::Test {
 protected:
  using Shapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;
  void write(const Shapes& shapes, const Json& settings, const char* settingsFile) const {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, shape] : shapes) {
      tensors.push_back({name, fromTorch(at::zeros(shape))});
    }
    writeTorchZip(path() / "ae.pt", tensors);
    writeJson(path() / settingsFile, settings);
  }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }
  TemporaryFolder folder_;
};

const std::vector<std::pair<std::string, std::vector<std::int64_t>>> kTopK{
    {"encoder.weight", {8, 4}},
    {"encoder.bias", {8}},
    {"decoder.weight", {4, 8}},
    {"b_dec", {4}},
    {"k", {}},
    {"threshold", {}}};

TEST_F(AForeignCheckpoint, OfTwoClassesWithTheSameTensorsIsToldByItsSettings) {
  write(kTopK, {{"trainer", {{"dict_class", "AutoEncoderTopK"}}}}, "config.json");
  EXPECT_EQ(inspectCheckpoint(path()).className, "AutoEncoderTopK");
  EXPECT_FALSE(inspectCheckpoint(path()).classIsGuessed);
  write(kTopK, {{"trainer", {{"dict_class", "BatchTopKSAE"}}}}, "config.json");
  EXPECT_EQ(inspectCheckpoint(path()).className, "BatchTopKSAE");
}

TEST_F(AForeignCheckpoint, WithoutSettingsIsGuessedAndSaysSo) {
  write(kTopK, Json::object(), "other.json");
  EXPECT_EQ(inspectCheckpoint(path()).className, "BatchTopKSAE");  // its threshold is 0, not −1
  EXPECT_TRUE(inspectCheckpoint(path()).classIsGuessed);
}

TEST_F(AForeignCheckpoint, OfAnUnknownClassIsRefusedByName) {
  write(kTopK, {{"trainer", {{"dict_class", "CrossCoder"}}}}, "config.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "CrossCoder");
  write(kTopK, {{"trainer", {{"dict_class", "GatedAutoEncoder"}}}}, "config.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::BadFile, "GatedAutoEncoder");
}

TEST_F(AForeignCheckpoint, OfSparsifyWithAnotherActivationIsRefusedByName) {
  const Shapes shapes{
      {"encoder.weight", {8, 4}}, {"encoder.bias", {8}}, {"W_dec", {8, 4}}, {"b_dec", {4}}};
  write(shapes, {{"k", 2}, {"activation", "groupmax"}}, "cfg.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "groupmax");
  write(shapes, {{"k", 2}, {"signed", true}}, "cfg.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "signed");
  write(shapes, {{"k", 2}, {"skip_connection", true}}, "cfg.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::BadFile, "W_skip");
  write(shapes, {{"k", 2}}, "cfg.json");
  EXPECT_EQ(name(inspectCheckpoint(path()).format), "sparsify");
}

TEST_F(AForeignCheckpoint, OfOpenAiWithoutItsActivationIsRefused) {
  write({{"encoder.weight", {8, 4}},
         {"latent_bias", {8}},
         {"decoder.weight", {4, 8}},
         {"pre_bias", {4}}},
        Json::object(), "other.json");
  EXPECT_USER_ERROR(inspectCheckpoint(path()), ErrorCode::Unsupported, "activation is not named");
}

TEST(NormalisedInput, OfZerosStaysZeroAndItsOutputToo) {
  const Autoencoder sae = Autoencoder::load(checkpoint("lens-standard-constant"));
  const at::Tensor x = at::zeros({1, 6});
  EXPECT_TRUE(at::isfinite(sae.encode(x)).all().item<bool>());
  EXPECT_NEAR(sae.decode(sae.encode(x), x).abs().max().item<double>(), 0, 1e-20);
}

TEST(NormalisedInput, GivesAFeatureTheWeightThatTheOutputScaleSays) {
  for (const char* name : {"lens-standard-layer", "lens-standard-constant", "openai-relu"}) {
    const Autoencoder sae = Autoencoder::load(checkpoint(name));
    const at::Tensor x = goldenInput();
    at::Tensor f = sae.encode(x);
    const at::Tensor before = sae.decode(f, x);
    f.select(1, 3).add_(1);
    const at::Tensor row = sae.parameters().W_dec[3];
    expectNear(sae.decode(f, x) - before, (sae.outputScale(x) * row).expand_as(x), 1e-5);
  }
}

}  // namespace
}  // namespace featurescope
