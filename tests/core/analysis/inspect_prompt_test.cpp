// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/inspect_prompt.h"

#include "core/base/error.h"
#include "tests/core/analysis/tiny_study.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace featurescope {
namespace {

using testing::TinyStudy;

class InspectPrompt : public ::testing::Test {
 protected:
  InspectPrompt() {
    applyThreads({.threads = 1});
    request_.model = study_.model;
    request_.sae = study_.sae;
    request_.compute = {.threads = 1, .device = "cpu"};
  }
  [[nodiscard]] std::vector<PromptToken> run() {
    return inspectPrompt(request_, {.stop = {}, .progress = progress_});
  }
  [[nodiscard]] ErrorCode failure() {
    try {
      (void)run();
    } catch (const UserError& error) {
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::Internal;
  }

  c10::NoGradGuard noGradients_;
  TinyStudy study_;
  SilentProgress progress_;
  InspectRequest request_{
      .model = {}, .sae = {}, .site = {Layer{1}, SiteKind::MlpOut}, .prompt = {}, .compute = {}};
};

TEST_F(InspectPrompt, EachTokenHasAllItsFeaturesTheStrongestFirst) {
  request_.prompt = "A cat\nsat";
  const auto tokens = run();
  ASSERT_EQ(tokens.size(), 9u);
  EXPECT_EQ(tokens[1].strToken, "·");
  EXPECT_EQ(tokens[5].strToken, "↵");
  const LanguageModel model = LanguageModel::open(study_.model, {});
  std::vector<std::int64_t> ids;
  for (const char c : request_.prompt) ids.push_back(c);
  const at::Tensor x = model.activations(at::tensor(ids, at::kLong).unsqueeze(0), request_.site)[0];
  const at::Tensor f = Autoencoder::load(study_.sae).encode(x);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(tokens[i].token.value, ids[i]);
    const auto row = f[static_cast<std::int64_t>(i)];
    EXPECT_EQ(std::ssize(tokens[i].activations), row.gt(0).sum().item<std::int64_t>());
    float before = INFINITY;
    for (const auto& [feature, value] : tokens[i].activations) {
      EXPECT_EQ(value, row[feature.value].item<float>());
      EXPECT_LE(value, before);
      before = value;
    }
  }
}

TEST_F(InspectPrompt, AnEmptyOrTooLongPromptIsAnError) {
  EXPECT_EQ(failure(), ErrorCode::BadText);
  request_.prompt = std::string(65, 'a');
  EXPECT_EQ(failure(), ErrorCode::ShapeMismatch);
}

}  // namespace
}  // namespace featurescope
