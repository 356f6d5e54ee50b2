// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/display.h"

#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using ::testing::ElementsAre;

TEST(DisplayToken, MarksLeadingSpacesLineEndsAndTabs) {
  EXPECT_EQ(displayToken(" the"), "·the");
  EXPECT_EQ(displayToken("   x y"), "···x y");
  EXPECT_EQ(displayToken("\n\n"), "↵↵");
  EXPECT_EQ(displayToken("\tx"), "→x");
  EXPECT_EQ(displayToken("é日👋"), "é日👋");
  EXPECT_EQ(displayToken(""), "");
}

TEST(DisplayToken, ShowsControlCharactersAndStrayBytesInHexadecimal) {
  EXPECT_EQ(displayToken("\r"), "\\x0D");
  EXPECT_EQ(displayToken("a\x7F"), "a\\x7F");
  EXPECT_EQ(displayToken("\u0085"), "\\xC2\\x85");
  EXPECT_EQ(displayToken("\xE2\x82"), "\\xE2\\x82");
  EXPECT_EQ(displayToken("\x80 a"), "\\x80 a");
}

/// Tokens of single bytes, whatever the merges are.
std::vector<TokenId> byteTokens(const Tokenizer& tokenizer, std::string_view bytes) {
  std::vector<TokenId> tokens;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    tokens.push_back(*tokenizer.find(bytes.substr(i, 1)));
  return tokens;
}

TEST(DisplayTokens, ShowsACharacterWholeAtTheTokenOfItsFirstByte) {
  const Tokenizer tokenizer = Tokenizer::load(testing::ownData("tiny_tokenizer.json"));
  EXPECT_THAT(displayTokens(tokenizer, byteTokens(tokenizer, "a👋 b")),
              ElementsAre("a", "👋", "", "", "", "·", "b"));
  EXPECT_THAT(displayTokens(tokenizer, byteTokens(tokenizer, "\xE2\x82z")),
              ElementsAre("\\xE2\\x82", "", "z"));
  EXPECT_THAT(displayTokens(tokenizer, byteTokens(tokenizer, "\x82\xE2")),
              ElementsAre("\\x82", "\\xE2"));
  EXPECT_THAT(displayTokens(tokenizer, {}), ElementsAre());
}

TEST(DisplayTokens, AreTheDisplayedTextWhenJoined) {
  const Tokenizer tokenizer = Tokenizer::load(testing::ownData("tiny_tokenizer.json"));
  std::string joined;
  for (const auto& shown :
       displayTokens(tokenizer, tokenizer.encode("naïve\t日本語👋🏽<|endoftext|>\n"))) {
    joined += shown;
  }
  EXPECT_EQ(joined, "naïve→日本語👋🏽<|endoftext|>↵");
}

}  // namespace
}  // namespace featurescope
