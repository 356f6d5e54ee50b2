// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/bpe_trainer.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace featurescope::demo {
namespace {

/// tests/demo/make_references.py: what Hugging Face's BpeTrainer makes of the same texts.
class BpeTrainer : public ::testing::Test {
 protected:
  const Json reference_ = readJson(testing::ownData("demo_bpe.json"));
  const std::vector<std::string> texts_ = reference_["training"].get<std::vector<std::string>>();
  const std::vector<std::string_view> views_{texts_.begin(), texts_.end()};
  const BpeVocabulary vocabulary_ = trainBpe(views_, 600);
};

TEST_F(BpeTrainer, MakesTheVocabularyAndMergesOfHuggingFacesTrainer) {
  const auto expected = reference_["vocab"].get<std::map<std::string, std::size_t>>();
  std::map<std::string, std::size_t> vocabulary;
  for (std::size_t id = 0; id < vocabulary_.symbols.size(); ++id) {
    vocabulary[vocabulary_.symbols[id]] = id;
  }
  EXPECT_EQ(vocabulary, expected);

  const Json json = parseJson(tokenizerJson(vocabulary_), "the trained tokenizer");
  EXPECT_EQ(json["model"]["merges"].get<std::vector<std::string>>(),
            reference_["merges"].get<std::vector<std::string>>());
}

TEST_F(BpeTrainer, WritesATokenizerWhoseIdsAreHuggingFaces) {
  const TemporaryFolder folder;
  writeFile(folder.path() / "tokenizer.json", tokenizerJson(vocabulary_));
  const Tokenizer tokenizer = Tokenizer::load(folder.path());
  ASSERT_GE(reference_["encoded"].size(), 8u);
  for (const Json& entry : reference_["encoded"]) {
    std::vector<std::int32_t> ids;
    for (const TokenId token : tokenizer.encode(entry["text"].get<std::string>())) {
      ids.push_back(token.value);
    }
    EXPECT_EQ(ids, entry["ids"].get<std::vector<std::int32_t>>()) << entry["text"];
  }
}

TEST_F(BpeTrainer, StopsWhenNoPairIsLeft) {
  const std::vector<std::string_view> text = {"aaaa"};
  const BpeVocabulary vocabulary = trainBpe(text, 10000);
  // 243 bytes of UTF-8 and two special tokens, then "aa" and "aaaa".
  EXPECT_EQ(vocabulary.symbols.size(), 247u);
  EXPECT_EQ(vocabulary.symbols.back(), "aaaa");
}

}  // namespace
}  // namespace featurescope::demo
