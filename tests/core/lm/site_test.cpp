// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lm/site.h"

#include "core/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

constexpr Site kOut{Layer{1}, SiteKind::MlpOut};
constexpr Site kPre{Layer{12}, SiteKind::MlpPre};
constexpr Site kResid{Layer{0}, SiteKind::Resid};

TEST(Site, HasTheNameOfItsModule) {
  EXPECT_EQ(kOut.moduleName(), "gpt_neox.layers.1.mlp.dense_4h_to_h");
  EXPECT_EQ(kPre.moduleName(), "gpt_neox.layers.12.mlp.dense_h_to_4h");
  EXPECT_EQ(kResid.moduleName(), "gpt_neox.layers.0");
}

TEST(Site, IsFoundByItsModulesName) {
  for (const auto& site : {kOut, kPre, kResid}) {
    EXPECT_EQ(Site::fromName(site.moduleName()), site);
  }
}

TEST(Site, IsFoundByTransformerLensNames) {
  EXPECT_EQ(Site::fromName("blocks.1.hook_mlp_out"), kOut);
  EXPECT_EQ(Site::fromName("blocks.12.mlp.hook_pre"), kPre);
  EXPECT_EQ(Site::fromName("blocks.0.hook_resid_post"), kResid);
}

TEST(Site, IsNotFoundByOtherNames) {
  for (const char* name :
       {"", "gpt_neox", "gpt_neox.layers.", "gpt_neox.layers.x", "gpt_neox.layers.-1",
        "gpt_neox.layers.1.mlp", "gpt_neox.layers.1.", "gpt_neox.layers.1.attention.dense",
        "gpt_neox.layers.99999999999", "blocks.1", "blocks.1.mlp.dense_4h_to_h"}) {
    EXPECT_EQ(Site::fromName(name), std::nullopt) << name;
  }
}

TEST(Site, ComesFromFlagsInEverySpelling) {
  EXPECT_EQ(Site::fromFlags("1", ""), kOut);
  EXPECT_EQ(Site::fromFlags("12", "mlp-pre"), kPre);
  EXPECT_EQ(Site::fromFlags("0", "resid"), kResid);
  EXPECT_EQ(Site::fromFlags(kPre.moduleName(), ""), kPre);
  EXPECT_EQ(Site::fromFlags("", kResid.moduleName()), kResid);
  EXPECT_EQ(Site::fromFlags("12", kPre.moduleName()), kPre);
  EXPECT_EQ(Site::fromFlags(kPre.moduleName(), "mlp-pre"), kPre);
}

TEST(Site, FlagsThatDisagreeOrSayTooLittleAreWrongUsage) {
  const auto code = [](const std::string& layer, const std::string& site) {
    try {
      (void)Site::fromFlags(layer, site);
    } catch (const UserError& error) {
      return error.code();
    }
    return ErrorCode::Internal;
  };
  EXPECT_EQ(code("2", kOut.moduleName()), ErrorCode::BadUsage);
  EXPECT_EQ(code(kOut.moduleName(), "resid"), ErrorCode::BadUsage);
  EXPECT_EQ(code("", "mlp-out"), ErrorCode::BadUsage);
  EXPECT_EQ(code("", ""), ErrorCode::BadUsage);
  EXPECT_EQ(code("one", ""), ErrorCode::BadUsage);
  EXPECT_EQ(code("1.5", ""), ErrorCode::BadUsage);
  EXPECT_EQ(code("-1", ""), ErrorCode::BadUsage);
  EXPECT_EQ(code("1", "mlp"), ErrorCode::BadUsage);
  EXPECT_EQ(code("mlp-out", "1"), ErrorCode::BadUsage);
}

TEST(Site, SitesAreOrderedAsThePassMeetsThem) {
  EXPECT_LT((Site{Layer{0}, SiteKind::Resid}), (Site{Layer{1}, SiteKind::MlpPre}));
  EXPECT_LT((Site{Layer{1}, SiteKind::MlpPre}), (Site{Layer{1}, SiteKind::MlpOut}));
  EXPECT_LT((Site{Layer{1}, SiteKind::MlpOut}), (Site{Layer{1}, SiteKind::Resid}));
}

}  // namespace
}  // namespace featurescope
