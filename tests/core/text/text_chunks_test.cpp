// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/text_chunks.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/text/cut_rule.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope {
namespace {

using ::testing::ElementsAre;

Tokenizer tiny() { return Tokenizer::load(testing::ownData("tiny_tokenizer.json")); }

struct Chunked {
  std::vector<TokenId> tokens;
  std::string text;
  std::size_t chunks = 0;
};

Chunked readInChunks(const std::filesystem::path& file, const Tokenizer& tokenizer,
                     std::size_t blockBytes) {
  Chunked result;
  TextChunks chunks(file, tokenizer, blockBytes);
  TokenEncoder encoder(tokenizer);
  while (const auto chunk = chunks.next()) {
    encoder.encode(*chunk, result.tokens);
    result.text += *chunk;
    ++result.chunks;
  }
  return result;
}

void expectChunksGiveTheTokensOfTheWhole(const Tokenizer& tokenizer, const std::string& text,
                                         std::size_t blockBytes) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "text.txt", text);
  const Chunked chunked = readInChunks(folder.path() / "text.txt", tokenizer, blockBytes);
  EXPECT_EQ(chunked.text, text);
  EXPECT_EQ(chunked.tokens, tokenizer.encode(text)) << "blocks of " << blockBytes << ": " << text;
}

TEST(TextChunks, GiveTheTokensOfTheWholeOnRandomDifficultTexts) {
  const std::vector<std::string> pieces = {
      " ",    "  ",       "\n",       "\r\n",        "\t",     "a",
      "the",  "é",        "e\u0301",  "'s",          "'",      "12",
      "!",    "\u00a0",   "\u3000",   "\u0301",      "<mark>", "<|endoftext|>",
      "<|",   "ñu",       "n\u0303u", "\u1100",      "\u1161", "\u2000",
      "日本", "\xF0\x9F", "\xE3\x80", "👩‍👧", "\x85",   "    ",
      "\n\n"};
  const Tokenizer tokenizer = tiny();
  RandomStream random(3);
  for (int round = 0; round < 150; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += pieces[random.below(pieces.size())];
    // Smaller blocks, cutting every character, would be refused as no text.
    expectChunksGiveTheTokensOfTheWhole(tokenizer, text, 30);
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    expectChunksGiveTheTokensOfTheWhole(tokenizer, text, 1 + random.below(9));
  }
}

TEST(TextChunks, GiveTheTokensOfTheWholeOnWikiText2) {
  const auto file = testing::sharedData("wikitext2_valid.txt");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const Tokenizer tokenizer = Tokenizer::load(testing::sharedData("pythia_tokenizer.json"));
  const auto whole = tokenizer.encode(readFile(file));
  for (const std::size_t blockBytes : {61U, 1000U, 65536U}) {
    const Chunked chunked = readInChunks(file, tokenizer, blockBytes);
    EXPECT_EQ(chunked.tokens, whole);
    EXPECT_GT(chunked.chunks, 1'000'000 / blockBytes);
  }
}

TEST(TextChunks, GrowWhereATextOffersNoPlaceToCut) {
  expectChunksGiveTheTokensOfTheWhole(tiny(), std::string(5000, ' ') + "a", 100);
  expectChunksGiveTheTokensOfTheWhole(tiny(), std::string(5000, 'a'), 100);
}

TEST(CutRule, CutsBeforeASpaceThatFollowsSomethingElse) {
  const CutRule rule;
  const std::string marked = "ab  c\n\nd";
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < marked.size(); ++at) {
    if (rule.mayCut(marked, at)) places.push_back(at);
  }
  EXPECT_THAT(places, ElementsAre(2, 5));
  EXPECT_FALSE(rule.mayCut("\u3000 a", 3));
  EXPECT_TRUE(rule.mayCut("日 a", 3));
}

TEST(CutRule, KeepsAddedTokensWhole) {
  CutRule rule;
  rule.keepWhole("   ");
  rule.keepWhole("tool call");
  EXPECT_FALSE(rule.mayCut("a b", 1));
  EXPECT_TRUE(rule.mayCut("a\nb", 1));
}

TEST(TextLines, EndAtLfAndOpenNoLineBehindTheLast) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "lines";
  for (const std::size_t blockBytes : {1U, 3U, 1000U}) {
    writeFile(file, "one\r\n\nthree\n");
    TextLines lines(file, blockBytes);
    std::vector<std::string> found;
    while (const auto line = lines.next()) found.emplace_back(*line);
    EXPECT_THAT(found, ElementsAre("one\r", "", "three"));
    EXPECT_EQ(lines.lineNumber(), 3U);
  }
}

}  // namespace
}  // namespace featurescope
