// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/sae/sparse_encoder_torch.h"
#include "tests/core/sae/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace featurescope {
namespace {

namespace fs = std::filesystem;
using testing::expectNear;
using testing::golden;
using testing::readTensor;

at::Tensor goldenInput() { return readTensor(golden("activations.safetensors"), "activations"); }

/// f of the sparse code, as a matrix.
at::Tensor dense(const SparseCode& code) {
  at::Tensor f = at::zeros({code.rows(), code.features});
  for (std::int64_t t = 0; t < code.rows(); ++t) {
    for (auto i = code.indptr[t]; i < code.indptr[t + 1]; ++i) {
      f[t][code.indices[i]] = code.values[i];
    }
  }
  return f;
}

/// Checkpoints that sae_lens saved, with what it computes from them.
struct LensCase {
  const char* name;
  Architecture architecture;
};

class SavedBySaeLens : public ::testing::TestWithParam<LensCase> {
 protected:
  [[nodiscard]] static std::string name() { return std::string("lens/") + GetParam().name; }
  [[nodiscard]] static at::Tensor expected(const char* tensor) {
    return readTensor(golden(name() + "_expected.safetensors"), tensor);
  }
};

TEST_P(SavedBySaeLens, EncodesAndDecodesAsItDoes) {
  const Autoencoder sae = Autoencoder::load(golden(name()));
  EXPECT_EQ(sae.info().activation.architecture, GetParam().architecture);
  const at::Tensor f = sae.encode(goldenInput());
  expectNear(f, expected("features"), 2e-6);
  EXPECT_TRUE(f.gt(0).equal(expected("features").gt(0)));
  expectNear(sae.decode(f, goldenInput()), expected("reconstruction"), 1e-5);
}

TEST_P(SavedBySaeLens, HasTheSameFeaturesSparsely) {
  const Autoencoder sae = Autoencoder::load(golden(name()));
  SparseCode code;
  SparseEncoder(sae).encode(goldenInput(), code);
  expectNear(dense(code), expected("features"), 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Golden, SavedBySaeLens,
                         ::testing::Values(LensCase{"topk", Architecture::TopK},
                                           LensCase{"topk_flat", Architecture::TopK},
                                           LensCase{"topk_rescaled", Architecture::TopK},
                                           LensCase{"jumprelu", Architecture::JumpRelu},
                                           LensCase{"gated", Architecture::Gated},
                                           LensCase{"batchtopk", Architecture::JumpRelu}),
                         [](const auto& test) { return std::string(test.param.name); });

/// An SAE whose pre-activations are its input: M = d, W_enc = 1, no biases.
AutoencoderParameters identity(std::int64_t width) {
  return {at::eye(width), at::eye(width), at::zeros({width}), at::zeros({width})};
}

/// The k largest of a row by sorting it; equal values on the boundary may be any of them, so rows
/// are compared as sorted values.
std::vector<float> largestPositive(std::vector<float> row, std::int64_t k) {
  std::sort(row.begin(), row.end(), std::greater<>());
  row.resize(static_cast<std::size_t>(std::min<std::int64_t>(k, std::ssize(row))));
  std::erase_if(row, [](float value) { return value <= 0; });
  return row;
}

std::vector<float> valuesOf(const at::Tensor& row) {
  const at::Tensor values = row.contiguous();
  const auto* first = values.const_data_ptr<float>();
  return {first, first + values.numel()};
}

TEST(TopK, KeepsTheLargestPositiveValuesOfEachTokenOfBruteForce) {
  at::manual_seed(5);
  // Whole numbers: many are equal, many negative, some rows have fewer than k above zero.
  const at::Tensor z = at::randint(-5, 4, {200, 12}).to(at::kFloat);
  for (const std::int64_t k : {0, 1, 3, 11, 12, 40}) {
    const Autoencoder sae(identity(12), {Architecture::TopK, k});
    const at::Tensor f = sae.encode(z);
    EXPECT_TRUE(at::logical_or(f.eq(z), f.eq(0)).all().item<bool>()) << k;
    EXPECT_TRUE(sae.encode(z).equal(f)) << k;
    for (std::int64_t t = 0; t < z.size(0); ++t) {
      ASSERT_EQ(largestPositive(valuesOf(f[t]), 12), largestPositive(valuesOf(z[t]), k)) << k;
    }
  }
}

TEST(TopK, LeavesItsInputAlone) {
  const at::Tensor x = at::randn({3, 4});
  const at::Tensor before = x.clone();
  const at::Tensor f = Autoencoder(identity(4), {Architecture::TopK, 2}).encode(x);
  EXPECT_TRUE(x.equal(before));
}

TEST(JumpRelu, IsActiveOnlyAboveItsThreshold) {
  AutoencoderParameters parameters = identity(4);
  parameters.threshold = at::tensor({0.5F, 0.5F, -1.0F, 0.0F});
  const Autoencoder sae(parameters, {Architecture::JumpRelu});
  // Equal is not above; above a negative threshold, ReLU still holds.
  const at::Tensor f =
      sae.encode(at::tensor({0.5F, 0.75F, -0.5F, 0.0F, 0.4F, -2.0F, 3.0F, 1e-20F}).view({2, 4}));
  EXPECT_TRUE(f.equal(at::tensor({0.0F, 0.75F, 0.0F, 0.0F, 0.0F, 0.0F, 3.0F, 1e-20F}).view({2, 4})))
      << f;
}

TEST(BatchTopK, InUseIsAJumpRelu) {
  AutoencoderParameters parameters = randomAutoencoder(6, 20, 2);
  parameters.threshold = at::full({20}, 0.4);
  const at::Tensor x = at::randn({30, 6});
  EXPECT_TRUE(Autoencoder(parameters, {Architecture::BatchTopK, 4})
                  .encode(x)
                  .equal(Autoencoder(parameters, {Architecture::JumpRelu}).encode(x)));
}

TEST(Gated, IsActiveWhereItsGateOpensAndItsMagnitudeIsPositive) {
  AutoencoderParameters parameters = identity(3);
  parameters.b_enc = at::tensor({0.0F, -1.0F, 1.0F});
  parameters.r_mag = at::tensor({0.0F, 1.0F, 0.0F});
  parameters.b_mag = at::tensor({0.5F, 0.0F, -2.0F});
  const Autoencoder sae(parameters, {Architecture::Gated});
  const at::Tensor f = sae.encode(at::tensor({0.0F, 2.0F, 1.5F, 1.0F, 0.5F, 2.5F}).view({2, 3}));
  const float e = std::exp(1.0F);
  // The first gate of token 0 is at 0: shut. The third's magnitude of token 0 is negative.
  expectNear(f, at::tensor({0.0F, 2 * e, 0.0F, 1.5F, 0.0F, 0.5F}).view({2, 3}), 1e-6);
}

/// Fresh parameters with what the architecture has besides.
AutoencoderParameters parametersOf(Architecture architecture) {
  AutoencoderParameters parameters = randomAutoencoder(5, 12, 9);
  if (architecture == Architecture::JumpRelu || architecture == Architecture::BatchTopK) {
    parameters.threshold = at::rand({12});
  }
  if (architecture == Architecture::Gated) {
    parameters.r_mag = at::randn({12});
    parameters.b_mag = at::randn({12});
  }
  return parameters;
}

class SavingArchitecture : public ::testing::TestWithParam<Architecture> {};

TEST_P(SavingArchitecture, RoundTripsToTheBit) {
  const TemporaryFolder folder;
  const AutoencoderParameters written = parametersOf(GetParam());
  saveSaeLens(folder.path() / "sae", written, {"tiny", "gpt_neox.layers.3", 64, {}},
              {GetParam(), 3});
  const Autoencoder read = Autoencoder::load(folder.path() / "sae");
  const bool isBatchTopK = GetParam() == Architecture::BatchTopK;
  EXPECT_EQ(read.info().activation.architecture, isBatchTopK ? Architecture::JumpRelu : GetParam());
  EXPECT_EQ(read.info().activation.k, GetParam() == Architecture::TopK ? 3 : 0);
  const auto expected = written.named(), actual = read.parameters().named();
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].first, expected[i].first);
    EXPECT_TRUE(actual[i].second->equal(*expected[i].second)) << actual[i].first;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, SavingArchitecture,
                         ::testing::Values(Architecture::Standard, Architecture::TopK,
                                           Architecture::BatchTopK, Architecture::JumpRelu,
                                           Architecture::Gated),
                         [](const auto& test) { return std::string(name(test.param)); });

TEST(Architectures, AreParsedByTheNamesTheyHave) {
  for (const Architecture architecture :
       {Architecture::Standard, Architecture::TopK, Architecture::BatchTopK, Architecture::JumpRelu,
        Architecture::Gated}) {
    EXPECT_EQ(architectureNamed(name(architecture)), architecture);
  }
  EXPECT_FALSE(architectureNamed("relu"));
}

/// A checkpoint of ours whose settings are changed.
class ArchitectureSettings : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path written(Architecture architecture, const Json& changes) const {
    fs::path path = folder_.path() / "sae";
    saveSaeLens(path, parametersOf(architecture), {}, {architecture, 3});
    Json settings = readJson(path / "cfg.json");
    settings.merge_patch(changes);
    writeJson(path / "cfg.json", settings);
    return path;
  }
  TemporaryFolder folder_;
};

TEST_F(ArchitectureSettings, WithoutKAreRefusedForTopK) {
  const fs::path path = written(Architecture::TopK, {{"k", nullptr}});
  EXPECT_USER_ERROR(inspectCheckpoint(path), ErrorCode::BadFile, "name no k");
  EXPECT_USER_ERROR(inspectCheckpoint(written(Architecture::TopK, {{"k", -1}})), ErrorCode::BadFile,
                    "k is -1");
  EXPECT_USER_ERROR(inspectCheckpoint(written(Architecture::TopK, {{"k", "many"}})),
                    ErrorCode::BadFile, "\"k\" is \"many\"");
}

TEST_F(ArchitectureSettings, ThatContradictTheTensorsAreRefused) {
  EXPECT_USER_ERROR(
      inspectCheckpoint(written(Architecture::JumpRelu, {{"architecture", "standard"}})),
      ErrorCode::BadFile, "a tensor threshold, but is a standard SAE");
  EXPECT_USER_ERROR(
      inspectCheckpoint(written(Architecture::Standard, {{"architecture", "jumprelu"}})),
      ErrorCode::BadFile, "no tensor threshold");
  EXPECT_USER_ERROR(inspectCheckpoint(written(Architecture::Standard, {{"architecture", "gated"}})),
                    ErrorCode::BadFile, "no tensor b_gate");
}

TEST_F(ArchitectureSettings, OfWhatIsNotReadAreRefusedByName) {
  for (const char* kind : {"batchtopk", "matching_pursuit", "temporal", "transcoder",
                           "skip_transcoder", "jumprelu_transcoder", "abstopk"}) {
    EXPECT_USER_ERROR(inspectCheckpoint(written(Architecture::Standard, {{"architecture", kind}})),
                      ErrorCode::Unsupported, kind);
  }
}

TEST_F(ArchitectureSettings, OfGatedSaesCannotBeFineTuned) {
  EXPECT_USER_ERROR(
      checkFineTunable(inspectCheckpoint(written(Architecture::Gated, Json::object()))),
      ErrorCode::Unsupported, "gated");
  EXPECT_NO_THROW(checkFineTunable(inspectCheckpoint(written(Architecture::TopK, Json::object()))));
}

}  // namespace
}  // namespace featurescope
