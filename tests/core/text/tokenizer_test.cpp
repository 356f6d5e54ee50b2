// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/text/tokenizer_file.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace featurescope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json tinyFile() { return readJson(testing::ownData("tiny_tokenizer.json")); }

Tokenizer tiny() { return Tokenizer::load(testing::ownData("tiny_tokenizer.json")); }

Tokenizer loadJson(const Json& json) {
  const TemporaryFolder folder;
  writeJson(folder.path() / "tokenizer.json", json);
  return Tokenizer::load(folder.path());
}

/// The error of loading the tiny tokenizer after `change`.
UserError errorAfter(const std::function<void(Json&)>& change) {
  Json json = tinyFile();
  change(json);
  try {
    loadJson(json);
  } catch (const UserError& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing was thrown", ""};
}

void expectRefused(ErrorCode code, const std::string& why,
                   const std::function<void(Json&)>& change) {
  const UserError error = errorAfter(change);
  EXPECT_EQ(error.code(), code) << error.what();
  EXPECT_THAT(error.why(), HasSubstr(why));
}

Json addedToken(const std::string& content, int id, bool normalized) {
  return {{"id", id},        {"content", content}, {"single_word", false},    {"lstrip", false},
          {"rstrip", false}, {"special", false},   {"normalized", normalized}};
}

/// Letters a, b, c with chosen merges; `vocabulary` may hold more.
Json smallFile(Json vocabulary, Json merges) {
  const Json byteLevel = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
  return {{"version", "1.0"},
          {"added_tokens", Json::array()},
          {"normalizer", nullptr},
          {"pre_tokenizer", byteLevel},
          {"post_processor", nullptr},
          {"decoder", byteLevel},
          {"model",
           {{"type", "BPE"}, {"vocab", std::move(vocabulary)}, {"merges", std::move(merges)}}}};
}

TEST(Tokenizer, KnowsTheBytesOfItsTokensAndTheTokensOfBytes) {
  const Tokenizer tokenizer = tiny();
  for (std::int32_t id = 0; id < tokenizer.vocabularySize(); ++id) {
    const auto bytes = tokenizer.bytes(TokenId{id});
    ASSERT_FALSE(bytes.empty()) << id;
    const auto found = tokenizer.find(bytes);
    ASSERT_TRUE(found);
    EXPECT_EQ(tokenizer.bytes(*found), bytes);
  }
  EXPECT_EQ(tokenizer.bytes(TokenId{-1}), "");
  EXPECT_EQ(tokenizer.bytes(TokenId{tokenizer.vocabularySize()}), "");
  EXPECT_FALSE(tokenizer.find("no token is this long"));
}

TEST(Tokenizer, FindsTheTokenThatEncodingGivesWhereTwoHaveTheSameBytes) {
  const Tokenizer tokenizer = tiny();
  EXPECT_THAT(tokenizer.encode("  "), ElementsAre(*tokenizer.find("  ")));
}

TEST(Tokenizer, KnowsItsSpecialTokens) {
  const Tokenizer tokenizer = tiny();
  ASSERT_TRUE(tokenizer.endOfText());
  EXPECT_EQ(tokenizer.bytes(*tokenizer.endOfText()), "<|endoftext|>");
  EXPECT_TRUE(tokenizer.isSpecial(*tokenizer.endOfText()));
  EXPECT_FALSE(tokenizer.isSpecial(*tokenizer.find("<mark>")));
}

TEST(Tokenizer, DecodesCharactersOverSeveralTokensAndCutOnesAsReplacements) {
  const Tokenizer tokenizer = tiny();
  const std::string text = "a<|endoftext|> 👩‍👧 b";
  EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  const std::vector<TokenId> cut = {*tokenizer.find("\xF0"), *tokenizer.find("a")};
  EXPECT_EQ(tokenizer.decode(cut), "\uFFFDa");
}

TEST(Tokenizer, HashesItsFile) {
  EXPECT_EQ(tiny().hash(), hashFile(testing::ownData("tiny_tokenizer.json")));
}

TEST(Tokenizer, ReadsMergesAsTextsAndAsPairs) {
  Json json = tinyFile();
  Json& merges = json["model"]["merges"];
  for (Json& merge : merges) {
    merge = merge.is_array() ? Json(merge[0].get<std::string>() + " " + merge[1].get<std::string>())
                             : merge;
  }
  const std::string text = "The small bird sings in the morning.";
  EXPECT_EQ(loadJson(json).encode(text), tiny().encode(text));
}

TEST(Tokenizer, WithoutANormalizerKeepsDecomposedCharacters) {
  Json json = tinyFile();
  json["normalizer"] = nullptr;
  const Tokenizer tokenizer = loadJson(json);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("e\u0301")), "e\u0301");
  EXPECT_EQ(tiny().decode(tiny().encode("e\u0301")), "\u00e9");
}

TEST(Tokenizer, LeavesOutBytesThatItsVocabularyLacksAsHuggingFaceDoes) {
  const Tokenizer tokenizer =
      loadJson(smallFile({{"a", 0}, {"b", 1}, {"ab", 2}}, Json::array({"a b"})));
  EXPECT_THAT(tokenizer.encode("axb"), ElementsAre(TokenId{2}));
}

TEST(Tokenizer, IgnoresMergesForWholeWordsWhenTold) {
  Json json =
      smallFile({{"a", 0}, {"b", 1}, {"c", 2}, {"bc", 3}, {"abc", 4}}, Json::array({"b c"}));
  EXPECT_THAT(loadJson(json).encode("abc"), ElementsAre(TokenId{0}, TokenId{3}));
  json["model"]["ignore_merges"] = true;
  EXPECT_THAT(loadJson(json).encode("abc"), ElementsAre(TokenId{4}));
}

TEST(Tokenizer, TakesHolesInTheIdsAndAddedTokensBehindTheVocabulary) {
  Json json = smallFile({{"a", 0}, {"b", 7}}, Json::array());
  EXPECT_EQ(loadJson(json).vocabularySize(), 8);
  EXPECT_EQ(loadJson(json).bytes(TokenId{3}), "");

  json = tinyFile();
  const int next = tiny().vocabularySize();
  json["added_tokens"].push_back(addedToken("<new>", next, false));
  const Tokenizer tokenizer = loadJson(json);
  EXPECT_EQ(tokenizer.vocabularySize(), next + 1);
  EXPECT_THAT(tokenizer.encode("<new>"), ElementsAre(TokenId{next}));
}

TEST(Tokenizer, RefusesOtherKindsByName) {
  const auto unsupported = ErrorCode::Unsupported;
  expectRefused(unsupported, "model is WordPiece", [](Json& j) {
    j["model"]["type"] = "WordPiece";
    j["normalizer"] = {{"type", "BertNormalizer"}};
  });
  expectRefused(unsupported, "normalizer is Lowercase", [](Json& j) {
    j["normalizer"] = {{"type", "Lowercase"}};
  });
  expectRefused(unsupported, "pre_tokenizer is Metaspace", [](Json& j) {
    j["pre_tokenizer"] = {{"type", "Metaspace"}};
  });
  expectRefused(unsupported, "pre_tokenizer is none",
                [](Json& j) { j["pre_tokenizer"] = nullptr; });
  expectRefused(unsupported, "add_prefix_space",
                [](Json& j) { j["pre_tokenizer"]["add_prefix_space"] = true; });
  expectRefused(unsupported, "use_regex", [](Json& j) { j["pre_tokenizer"]["use_regex"] = false; });
  expectRefused(unsupported, "post_processor is BertProcessing", [](Json& j) {
    j["post_processor"] = {{"type", "BertProcessing"}};
  });
  expectRefused(unsupported, "decoder is WordPiece", [](Json& j) {
    j["decoder"] = {{"type", "WordPiece"}};
  });
  expectRefused(unsupported, "dropout", [](Json& j) { j["model"]["dropout"] = 0.1; });
  expectRefused(unsupported, "end_of_word_suffix",
                [](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; });
  for (const char* flag : {"single_word", "lstrip", "rstrip"}) {
    expectRefused(unsupported, flag, [&](Json& j) { j["added_tokens"][0][flag] = true; });
  }
  // On a text of one letter, looking for it takes the product of their lengths.
  expectRefused(unsupported, "has 257 bytes, more than 256", [](Json& j) {
    j["added_tokens"].push_back(addedToken(std::string(257, 'a'), 90'000, false));
  });
}

TEST(Tokenizer, AcceptsATemplateThatAddsNothingAndRefusesOneThatDoes) {
  Json json = tinyFile();
  const Json sequence = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const Json special = {{"SpecialToken", {{"id", "<|endoftext|>"}, {"type_id", 0}}}};
  json["post_processor"] = {{"type", "TemplateProcessing"}, {"single", {sequence}}};
  EXPECT_EQ(loadJson(json).encode("the bird"), tiny().encode("the bird"));
  expectRefused(ErrorCode::Unsupported, "adds special tokens", [&](Json& j) {
    j["post_processor"] = {{"type", "TemplateProcessing"}, {"single", {special, sequence}}};
  });
}

TEST(Tokenizer, NeedsAnUnknownTokenOnlyForBytesItLacks) {
  Json json = tinyFile();
  json["model"]["unk_token"] = "<|endoftext|>";
  json["model"]["byte_fallback"] = true;
  EXPECT_EQ(loadJson(json).encode("the bird"), tiny().encode("the bird"));
  json = smallFile({{"a", 0}}, Json::array());
  json["model"]["unk_token"] = "a";
  EXPECT_THROW(loadJson(json), UserError);
}

TEST(Tokenizer, RefusesDamagedFiles) {
  const auto bad = ErrorCode::BadFile;
  expectRefused(bad, "no \"model\"", [](Json& j) { j.erase("model"); });
  expectRefused(bad, "vocab", [](Json& j) { j["model"].erase("vocab"); });
  expectRefused(bad, "merges", [](Json& j) { j["model"]["merges"] = 3; });
  expectRefused(bad, "is not a pair", [](Json& j) { j["model"]["merges"].push_back("a b c"); });
  expectRefused(bad, "is not in its vocabulary", [](Json& j) {
    j["model"]["merges"].push_back({"nowhere", "a"});
  });
  expectRefused(bad, "two entries", [](Json& j) { j["model"]["vocab"]["a new one"] = 5; });
  expectRefused(bad, "not between 0", [](Json& j) { j["model"]["vocab"]["a new one"] = -1; });
  expectRefused(bad, "not between 0",
                [](Json& j) { j["model"]["vocab"]["a new one"] = 4'000'000'000'000U; });
  expectRefused(bad, "not a whole number", [](Json& j) { j["model"]["vocab"]["a new one"] = 1.5; });
  expectRefused(bad, "not between 0", [](Json& j) { j["added_tokens"][0]["id"] = -3; });
  expectRefused(bad, "two of its added tokens", [](Json& j) {
    j["added_tokens"].push_back(addedToken("<new>", j["added_tokens"][0]["id"].get<int>(), false));
  });
  expectRefused(bad, "wrong type", [](Json& j) { j["added_tokens"][0]["content"] = 3; });
}

TEST(Tokenizer, SaysWhereAFileIsMissingOrNotJson) {
  const TemporaryFolder folder;
  EXPECT_THROW(Tokenizer::load(folder.path()), UserError);
  writeFile(folder.path() / "tokenizer.json", "{\"model\": ");
  try {
    Tokenizer::load(folder.path());
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadFile);
    EXPECT_THAT(error.what(), HasSubstr("tokenizer.json"));
  }
}

TEST(Tokenizer, TakesNoQuadraticTimeOnAnyText) {
  const Tokenizer tokenizer = tiny();
  std::string marks;  // of alternating classes, so that all must be sorted
  while (marks.size() < 2'000'000) marks += "\u0301\u0327";
  std::string mixed;
  while (mixed.size() < 1'000'000) mixed += "a \u00a0 ";
  const std::vector<std::string> texts = {std::string(1'000'000, 'a'),
                                          std::string(1'000'000, ' '),
                                          std::string(1'000'000, '\n'),
                                          std::string(1'000'000, '<'),
                                          std::string(1'000'000, '\''),
                                          std::string(1'000'000, '\xFF'),
                                          "e" + marks,
                                          mixed};
  for (const std::string& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(tokenizer.encode(text).empty());
    // A quadratic way takes minutes; the bound leaves room for sanitizers and busy machines.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
        << text.substr(0, 8);
  }
}

}  // namespace
}  // namespace featurescope
