// SPDX-License-Identifier: GPL-3.0-or-later
// Against ids that Hugging Face's `tokenizers` gave (tests/data/make_tokenizer_golden.py).
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_data.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace featurescope {
namespace {

static_assert(std::endian::native == std::endian::little);

std::string fromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::vector<std::int32_t> values(const std::vector<TokenId>& tokens) {
  std::vector<std::int32_t> ids;
  for (const TokenId token : tokens) ids.push_back(token.value);
  return ids;
}

/// As summary() of the script.
Json summary(const std::vector<TokenId>& tokens) {
  const std::vector<std::int32_t> ids = values(tokens);
  Sha256 hash;
  hash.add(std::as_bytes(std::span(ids)));
  return {{"count", ids.size()}, {"sha256", hash.finish()}};
}

/// As random_letters() of the script.
std::string randomLetters(int count) {
  std::uint64_t state = 1;
  std::string letters;
  for (int i = 0; i < count; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    letters += static_cast<char>('a' + (state >> 33) % 26);
  }
  return letters;
}

/// Which tokenizer: the real one, which may be absent, and our own small one.
class TokenizerGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto path = GetParam() == "pythia" ? testing::sharedData("pythia_tokenizer.json")
                                             : testing::ownData("tiny_tokenizer.json");
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    tokenizer_ = Tokenizer::load(path);
    golden_ = readJson(testing::ownData("tokenizer_golden.json"));
  }

  std::optional<Tokenizer> tokenizer_;
  Json golden_;
};

TEST_P(TokenizerGolden, GivesTheIdsOfHuggingFaceOnDifficultTexts) {
  for (const auto& [name, hex] : golden_["cases"].items()) {
    const std::string text = fromHex(hex.get<std::string>());
    EXPECT_EQ(values(tokenizer_->encode(text)),
              golden_[GetParam()][name].get<std::vector<std::int32_t>>())
        << name;
  }
}

TEST_P(TokenizerGolden, GivesTheSameIdsFromAnEncoderThatHasSeenTheWordsBefore) {
  TokenEncoder encoder(*tokenizer_);
  for (int round = 0; round < 2; ++round) {
    for (const auto& [name, hex] : golden_["cases"].items()) {
      std::vector<TokenId> tokens;
      encoder.encode(fromHex(hex.get<std::string>()), tokens);
      EXPECT_EQ(values(tokens), golden_[GetParam()][name].get<std::vector<std::int32_t>>()) << name;
    }
  }
}

TEST_P(TokenizerGolden, EncodesEnormousWordsAndRunsOfSpaces) {
  const Json& expected = golden_[GetParam() + "_generated"];
  EXPECT_EQ(summary(tokenizer_->encode(std::string(100'000, 'a'))), expected["one letter"]);
  EXPECT_EQ(summary(tokenizer_->encode(randomLetters(100'000))), expected["random letters"]);
  EXPECT_EQ(summary(tokenizer_->encode(std::string(1'000'000, ' '))), expected["spaces"]);
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, TokenizerGolden, ::testing::Values("pythia", "tiny"),
                         [](const auto& tested) { return tested.param; });

TEST(TokenizerOnWikiText2, GivesTheIdsOfHuggingFaceForTheWholeFileAndForItsLines) {
  const auto file = testing::sharedData("wikitext2_valid.txt");
  const auto model = testing::sharedData("pythia_tokenizer.json");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const Json golden = readJson(testing::ownData("tokenizer_golden.json"))["pythia_wikitext2"];
  const Tokenizer tokenizer = Tokenizer::load(model);
  const std::string text = readFile(file);

  const std::vector<TokenId> whole = tokenizer.encode(text);
  EXPECT_EQ(summary(whole), golden["whole"]);
  EXPECT_EQ(tokenizer.decode(whole), text);

  TokenEncoder encoder(tokenizer);
  std::vector<TokenId> byLine;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    encoder.encode(std::string_view(text).substr(begin, end - begin), byLine);
    begin = end + 1;
  }
  EXPECT_EQ(summary(byLine), golden["lines"]);
}

}  // namespace
}  // namespace featurescope
