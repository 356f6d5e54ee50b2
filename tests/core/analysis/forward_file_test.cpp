// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/forward_file.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/sae/autoencoder_torch.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_torch.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace featurescope {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

/// The golden model "parallel" (tests/parity/make_golden.py), its ids as a file, and a random SAE.
class ForwardFile : public ::testing::Test {
 protected:
  ForwardFile() {
    const at::Tensor ids = toTorch(expected_.tensor("ids"));
    Json rows = Json::array();
    for (std::int64_t row = 0; row < ids.size(0); ++row) {
      rows.push_back(
          std::vector<std::int64_t>(ids[row].const_data_ptr<std::int64_t>(),
                                    ids[row].const_data_ptr<std::int64_t>() + ids.size(1)));
    }
    writeJson(request_.ids, rows);
    parameters_ = randomAutoencoder(8, 16, 3);
    // Of the size of the site's values, so that it changes the logits.
    parameters_.b_dec.fill_(0.3);
    saveSaeLens(folder_.path() / "sae", parameters_, {"tiny", kOut, 7});
  }

  ForwardReport run() { return forwardFile(request_, JobContext{{}, progress_}); }
  at::Tensor result(const std::string& name) const {
    return toTorch(TensorFile::open(request_.out).tensor(name)).clone();
  }
  at::Tensor expect(const std::string& name) const {
    return toTorch(expected_.tensor(name)).clone();
  }
  static double error(const at::Tensor& actual, const at::Tensor& expected) {
    return ((actual - expected).abs().max() / expected.abs().max()).item<double>();
  }
  UserError failure() {
    try {
      run();
    } catch (const UserError& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::Internal, "", ""};
  }
  /// x̂ by the paper's formulas, with c and d.
  at::Tensor reconstruct(const at::Tensor& x, const at::Tensor& c, const at::Tensor& d) const {
    const auto z = at::matmul(x - parameters_.b_dec, parameters_.W_enc) + parameters_.b_enc;
    return at::matmul((z * c + d).clamp_min(0), parameters_.W_dec) + parameters_.b_dec;
  }
  void writeRun(const Json& settings, const at::Tensor& c, const at::Tensor& d) {
    std::filesystem::create_directories(folder_.path() / "run");
    writeJson(folder_.path() / "run" / "run.json", settings);
    writeSafetensors(folder_.path() / "run" / "scales.safetensors",
                     {{"c", fromTorch(c)}, {"d", fromTorch(d)}});
    request_.fineTuning = folder_.path() / "run";
  }

  static constexpr const char* kOut = "gpt_neox.layers.0.mlp.dense_4h_to_h";
  TemporaryFolder folder_;
  SilentProgress progress_;
  TensorFile expected_ =
      TensorFile::open(testing::ownData("lm") / "parallel" / "expected.safetensors");
  AutoencoderParameters parameters_;
  ForwardRequest request_{.model = testing::ownData("lm") / "parallel",
                          .ids = folder_.path() / "ids.json",
                          .out = folder_.path() / "out.safetensors",
                          .captures = {},
                          .sae = {},
                          .site = {},
                          .fineTuning = {},
                          .compute = {.threads = 1, .device = "cpu"}};
};

TEST_F(ForwardFile, WritesLogitsAndCapturesAndTellsTheLossOfTransformers) {
  request_.captures = {"gpt_neox.layers.1", kOut, "gpt_neox.layers.0.mlp.dense_h_to_4h"};
  const auto report = run();
  ASSERT_TRUE(report.loss.has_value());
  EXPECT_NEAR(*report.loss, expect("loss").item<double>(), 1e-5);
  std::vector<std::string> names;
  const TensorFile written = TensorFile::open(request_.out);
  for (const auto& [name, entry] : written.entries()) {
    names.push_back(name);
    EXPECT_EQ(entry.dtype, DType::F32);
    EXPECT_LT(error(result(name), expect(name)), 1e-4) << name;
  }
  EXPECT_THAT(names, UnorderedElementsAre("logits", "gpt_neox.layers.1", kOut,
                                          "gpt_neox.layers.0.mlp.dense_h_to_4h"));
}

TEST_F(ForwardFile, WithoutLogitsThereIsNoLossAndOnlyTheCapture) {
  request_.captures = {kOut};
  request_.logits = false;
  EXPECT_EQ(run().loss, std::nullopt);
  EXPECT_EQ(TensorFile::open(request_.out).entries().size(), 1u);
  EXPECT_LT(error(result(kOut), expect(kOut)), 1e-4);
}

TEST_F(ForwardFile, TheSaesOutputReplacesTheSite) {
  request_.captures = {kOut, "gpt_neox.layers.0"};
  request_.sae = folder_.path() / "sae";
  request_.site = Site::fromName(kOut);
  run();
  const auto x = expect(kOut);
  const auto replaced = reconstruct(x, at::ones({16}), at::zeros({16}));
  EXPECT_LT(error(result(kOut), replaced), 1e-5);
  // The block adds the site's value to what it is anyway.
  EXPECT_LT(error(result("gpt_neox.layers.0"), expect("gpt_neox.layers.0") - x + replaced), 1e-5);
  EXPECT_GT(error(result("logits"), expect("logits")), 1e-2);
}

TEST_F(ForwardFile, ASaeThatSaysItsSiteNeedsNoLayer) {
  request_.captures = {kOut};
  request_.sae = folder_.path() / "sae";
  run();
  EXPECT_LT(error(result(kOut), reconstruct(expect(kOut), at::ones({16}), at::zeros({16}))), 1e-5);
}

TEST_F(ForwardFile, AFineTuningScalesAndShiftsTheFeatures) {
  request_.captures = {kOut};
  request_.logits = false;
  const auto c = at::linspace(0.5, 2, 16), d = at::linspace(-0.2, 0.3, 16);
  writeRun({{"sae", (folder_.path() / "sae").string()}, {"layer", 0}, {"state", "finished"}}, c, d);
  run();
  EXPECT_LT(error(result(kOut), reconstruct(expect(kOut), c, d)), 1e-5);
}

TEST_F(ForwardFile, AFineTuningThatKeepsTheErrorAddsWhatTheSaeLoses) {
  request_.captures = {kOut};
  const auto c = at::linspace(0.5, 2, 16), d = at::linspace(-0.2, 0.3, 16);
  writeRun({{"sae", "../sae"}, {"layer", kOut}, {"keep_error", true}}, c, d);
  run();
  const auto x = expect(kOut);
  EXPECT_LT(error(result(kOut),
                  reconstruct(x, c, d) + x - reconstruct(x, at::ones({16}), at::zeros({16}))),
            1e-5);
}

TEST_F(ForwardFile, ASequenceOfOneTokenHasNoLoss) {
  writeFile(request_.ids, "[[3]]");
  EXPECT_EQ(run().loss, std::nullopt);
  EXPECT_EQ(result("logits").sizes(), at::IntArrayRef({1, 1, 24}));
}

TEST_F(ForwardFile, IdsThatAreNoneAreErrors) {
  const auto code = [&](const std::string& ids) {
    writeFile(request_.ids, ids);
    return failure().code();
  };
  for (const char* ids : {"", "{}", "[]", "[[]]", "[1, 2]", "[[1], [1, 2]]", "[[1.5]]", "[[\"a\"]]",
                          "[[true]]", "[[null]]", "[[1]"}) {
    EXPECT_EQ(code(ids), ErrorCode::BadFile) << ids;
  }
  for (const char* ids : {"[[24]]", "[[-1]]", "[[4294967296]]", "[[99999999999999999999]]"}) {
    const auto got = code(ids);
    EXPECT_TRUE(got == ErrorCode::OutOfRange || got == ErrorCode::BadFile) << ids;
  }
  Json tooLong = Json::array({Json(std::vector<int>(33, 1))});
  EXPECT_EQ(code(tooLong.dump()), ErrorCode::ShapeMismatch);
  std::filesystem::remove(request_.ids);
  EXPECT_EQ(failure().code(), ErrorCode::NotFound);
  EXPECT_FALSE(std::filesystem::exists(request_.out));
}

TEST_F(ForwardFile, RequestsThatDoNotFitTogetherAreWrongUsage) {
  request_.logits = false;
  EXPECT_EQ(failure().code(), ErrorCode::BadUsage);  // nothing to write
  request_.logits = true;
  request_.captures = {"gpt_neox.layers.0.attention"};
  EXPECT_EQ(failure().code(), ErrorCode::BadUsage);
  request_.captures = {"gpt_neox.layers.2"};
  EXPECT_EQ(failure().code(), ErrorCode::OutOfRange);
  request_.captures = {};
  request_.site = Site::fromName(kOut);
  EXPECT_EQ(failure().code(), ErrorCode::BadUsage);  // no SAE
}

TEST_F(ForwardFile, ASaeOfAnotherWidthSaysBothWidths) {
  request_.sae = folder_.path() / "sae";
  request_.site = Site{Layer{0}, SiteKind::MlpPre};
  const auto error = failure();
  EXPECT_EQ(error.code(), ErrorCode::ShapeMismatch);
  EXPECT_THAT(error.what(), HasSubstr("it reads 8 values a token, this site has 12"));
}

TEST_F(ForwardFile, AnOutputThatExistsIsNotOverwrittenUnlessForced) {
  writeFile(request_.out, "precious");
  EXPECT_EQ(failure().code(), ErrorCode::OutputExists);
  EXPECT_EQ(readFile(request_.out), "precious");
  request_.force = true;
  EXPECT_NO_THROW(run());
}

TEST_F(ForwardFile, ManyRowsGiveWhatEachGivesAlone) {
  Json rows = Json::array();
  for (int row = 0; row < 300; ++row) {
    rows.push_back({row % 24, (row * 7) % 24, (row / 24) % 24, 5, 6});
  }
  writeJson(request_.ids, rows);
  const auto all = run().loss;
  const auto logits = result("logits");
  request_.force = true;
  double sum = 0;
  for (const int row : {0, 1, 204, 205, 299}) {
    writeJson(request_.ids, Json::array({rows[static_cast<std::size_t>(row)]}));
    sum += *run().loss;
    EXPECT_LT(error(result("logits")[0], logits[row]), 1e-5);
  }
  EXPECT_TRUE(std::isfinite(sum));
  EXPECT_TRUE(all.has_value());
}

}  // namespace
}  // namespace featurescope
