// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/corpus.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/support/compressed_text.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace featurescope {
namespace {

using ::testing::ElementsAre;
using testing::gzip;
using ::testing::HasSubstr;
using testing::zstd;

class CorpusTest : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& contents) const {
    writeFile(folder_.path() / name, contents);
    return folder_.path() / name;
  }

  [[nodiscard]] std::vector<TokenId> encoded(const std::string& text) const {
    return tokenizer_.encode(text);
  }

  /// All contexts, read `rows` at a time, each as its own tokens.
  std::vector<std::vector<TokenId>> contexts(const CorpusOptions& options, std::int64_t rows = 3) {
    Corpus corpus(tokenizer_, options);
    std::vector<std::vector<TokenId>> all;
    TokenBatch batch;
    while (corpus.next(batch, rows)) {
      EXPECT_LE(batch.rows(), rows);
      EXPECT_EQ(batch.tokens.size(), static_cast<std::size_t>(batch.rows() * batch.length));
      for (std::int64_t r = 0; r < batch.rows(); ++r) {
        all.emplace_back(batch.row(r).begin(), batch.row(r).end());
      }
    }
    report_ = corpus.report();
    EXPECT_EQ(corpus.bytesRead(), corpus.bytesTotal());
    return all;
  }

  /// The whole packed stream, one token a context.
  std::vector<TokenId> stream(std::vector<std::filesystem::path> files,
                              const std::string& field = "text") {
    CorpusOptions options;
    options.files = std::move(files);
    options.field = field;
    options.context = 1;
    std::vector<TokenId> tokens;
    for (const auto& context : contexts(options, 1000)) tokens.push_back(context.front());
    return tokens;
  }

  std::vector<TokenId> joined(const std::vector<std::string>& documents) const {
    std::vector<TokenId> tokens;
    for (const auto& document : documents) {
      if (!tokens.empty()) tokens.push_back(*tokenizer_.endOfText());
      const auto more = encoded(document);
      tokens.insert(tokens.end(), more.begin(), more.end());
    }
    return tokens;
  }

  void expectError(ErrorCode code, const std::string& text, const std::function<void()>& action) {
    try {
      action();
      FAIL() << "nothing was thrown, expected: " << text;
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }

  TemporaryFolder folder_;
  Tokenizer tokenizer_ = Tokenizer::load(testing::ownData("tiny_tokenizer.json"));
  CorpusReport report_;
};

TEST_F(CorpusTest, PacksDocumentsWithOneSeparatorBetweenThemAndNoneAtTheEnds) {
  const auto a = file("a.txt", "\uFEFFThe bird sings.\n");
  const auto b = file("b.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\"two\\n\"}\n");
  EXPECT_EQ(stream({a, b}), joined({"\uFEFFThe bird sings.\n", "one", "two\n"}));
  EXPECT_EQ(report_.documents, 3);
  EXPECT_EQ(report_.emptyDocuments, 0);
}

TEST_F(CorpusTest, SkipsEmptyDocumentsAndCountsThem) {
  const auto empty = file("empty.txt", "");
  const auto a = file("a.txt", "one");
  const auto b = file("b.jsonl", "{\"text\":\"\"}\n{\"text\":\"two\"}\n{\"text\":\"\"}\n");
  EXPECT_EQ(stream({empty, a, empty, b}), joined({"one", "two"}));
  EXPECT_EQ(report_.documents, 6);
  EXPECT_EQ(report_.emptyDocuments, 4);
}

TEST_F(CorpusTest, CutsThePackedStreamIntoContextsAndDropsTheRemainder) {
  const std::string text = "The small bird sings in the morning, and the old tree listens.";
  CorpusOptions options;
  options.files = {file("a.txt", text)};
  options.context = 4;
  const auto tokens = encoded(text);
  for (const std::int64_t rows : {1, 2, 7}) {
    const auto found = contexts(options, rows);
    ASSERT_EQ(found.size(), tokens.size() / 4);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(
          std::equal(found[i].begin(), found[i].end(), tokens.begin() + std::ptrdiff_t(4 * i)));
    }
    EXPECT_EQ(report_.tokens, static_cast<std::int64_t>(4 * found.size()));
    EXPECT_EQ(report_.droppedTokens, static_cast<std::int64_t>(tokens.size() % 4));
  }
}

TEST_F(CorpusTest, StopsAtWholeContextsWithinTheTokensWanted) {
  CorpusOptions options;
  options.files = {file("a.txt", "The small bird sings in the morning, and the old tree listens.")};
  options.context = 4;
  options.maxTokens = 11;
  Corpus corpus(tokenizer_, options);
  TokenBatch batch;
  ASSERT_TRUE(corpus.next(batch, 100));
  EXPECT_EQ(batch.rows(), 2);
  EXPECT_FALSE(corpus.next(batch, 100));
  EXPECT_EQ(corpus.report().tokens, 8);
}

TEST_F(CorpusTest, GivesEachDocumentItsOwnPaddedSequence) {
  CorpusOptions options;
  options.files = {file(
      "a.jsonl", "{\"text\":\"bird\"}\n{\"text\":\"\"}\n{\"text\":\"The old tree listens.\"}\n")};
  options.packing = Packing::Documents;
  options.context = 4;
  const auto first = encoded("bird");
  auto second = encoded("The old tree listens.");
  ASSERT_LT(first.size(), 4U);
  ASSERT_GT(second.size(), 4U);
  const auto beyond = second.size() - 4;
  second.resize(4);
  EXPECT_THAT(contexts(options), ElementsAre(first, second));
  EXPECT_EQ(report_.documents, 3);
  EXPECT_EQ(report_.emptyDocuments, 1);
  EXPECT_EQ(report_.droppedTokens, static_cast<std::int64_t>(beyond));

  Corpus corpus(tokenizer_, options);
  TokenBatch batch;
  ASSERT_TRUE(corpus.next(batch, 2));
  EXPECT_TRUE(batch.padded());
  EXPECT_EQ(batch.length, 4);
  EXPECT_EQ(batch.counted(), static_cast<std::int64_t>(first.size() + 4));
}

TEST_F(CorpusTest, TakesTheFieldOrContextAndCompletionJoinedWithNothing) {
  const auto records = file("a.jsonl",
                            "{\"body\":\"one\",\"text\":\"no\"}\r\n  \n"
                            "{\"context\":\"Question: 1 + 1? Ans\",\"completion\":\"wer: 2\"}");
  EXPECT_EQ(stream({records}, "body"), joined({"one", "Question: 1 + 1? Answer: 2"}));
}

TEST_F(CorpusTest, ReadsGzipOfSeveralMembersAndZstdOfSeveralFrames) {
  const auto a = file("a.txt.gz", gzip("The small ") + gzip("bird") + std::string(10, '\0'));
  const auto b = file("b.txt.zst", zstd("The small ") + zstd("bird"));
  const auto c = file("c.jsonl.gz", gzip("{\"text\":\"bird\"}"));
  EXPECT_EQ(stream({a, b, c}), joined({"The small bird", "The small bird", "bird"}));
}

TEST_F(CorpusTest, ReadsLongTextsTheSameFromEveryForm) {
  std::string text;
  for (int i = 0; i < 60'000; ++i)
    text += "bird " + std::to_string(i) + (i % 7 == 0 ? "\n\n" : " ");
  const auto tokens = encoded(text);
  EXPECT_EQ(stream({file("a.txt", text)}), tokens);
  EXPECT_EQ(stream({file("a.txt.gz", gzip(text))}), tokens);
  EXPECT_EQ(stream({file("a.txt.zst", zstd(text))}), tokens);
  EXPECT_EQ(stream({file("a.jsonl", Json{{"text", text}}.dump())}), tokens);
}

TEST_F(CorpusTest, RefusesDamagedArchives) {
  const std::string text(1000, 'a');
  for (const auto& [name, whole] : {std::pair{"a.txt.gz", gzip(text)}, {"a.txt.zst", zstd(text)}}) {
    const auto cut = file(name, whole.substr(0, whole.size() - 5));
    expectError(ErrorCode::BadFile, "in the middle of its compressed data", [&] { stream({cut}); });
    const auto empty = file(name, "");
    expectError(ErrorCode::BadFile, name, [&] { stream({empty}); });
    const auto other = file(name, "this is no archive at all");
    expectError(ErrorCode::BadFile, "data is damaged", [&] { stream({other}); });
  }
}

TEST_F(CorpusTest, RefusesWhatIsNoText) {
  const auto nul = file("a.txt", std::string("text\0more", 9));
  expectError(ErrorCode::BadText, "a NUL byte at byte 4", [&] { stream({nul}); });
  const auto binary = file("b.txt", "\x89PNG\xFF\xFE\xFD\xFC\xFF\xFE\xFD\xFC");
  expectError(ErrorCode::BadText, "b.txt: it is not text", [&] { stream({binary}); });
  const auto slip = file("c.txt", "one stray \xFF byte");
  EXPECT_EQ(stream({slip}), encoded("one stray \uFFFD byte"));
}

TEST_F(CorpusTest, NamesTheLineOfARecordThatIsNone) {
  const std::string good = "{\"text\":\"one\"}\n";
  const auto broken = file("a.jsonl", good + "\n{\"text\": \"tw");
  expectError(ErrorCode::BadText, "line 3 of", [&] { stream({broken}); });
  const auto number = file("b.jsonl", good + "17\n");
  expectError(ErrorCode::BadText, "not a JSON object", [&] { stream({number}); });
  const auto wrong = file("c.jsonl", "{\"text\":5}\n");
  expectError(ErrorCode::BadText, "is not a string", [&] { stream({wrong}); });
  const auto lacking = file("d.jsonl", "{\"context\":\"a\"}\n");
  expectError(ErrorCode::BadText, "--field", [&] { stream({lacking}); });
}

TEST_F(CorpusTest, RefusesTooLittleText) {
  CorpusOptions options;
  options.files = {file("a.txt", "bird")};
  expectError(ErrorCode::BadText, "less than one context of 128", [&] { contexts(options); });
  options.files = {file("empty.txt", ""), file("empty.jsonl", "\n\n")};
  expectError(ErrorCode::BadText, "empty.txt and 1 more", [&] { contexts(options); });
  options.packing = Packing::Documents;
  expectError(ErrorCode::BadText, "no document with text", [&] { contexts(options); });
}

// Archives of some kilobytes that hold a hundred megabytes without an end of a line or word.
TEST_F(CorpusTest, HoldsNoPieceOfAnArchiveBombInMemory) {
  const std::string letters(100 << 20, 'a');
  const auto lines = file("a.jsonl.zst", zstd("{\"text\": \"" + letters));
  expectError(ErrorCode::BadText, "one line or word", [&] { stream({lines}); });
  const auto text = file("a.txt.gz", gzip(letters));
  expectError(ErrorCode::BadText, "one line or word", [&] { stream({text}); });
}

TEST_F(CorpusTest, MergesNoWordOfMegabytes) {
  const auto text = file("a.txt", std::string(9 << 20, 'a'));
  expectError(ErrorCode::BadText, "one word of it", [&] { stream({text}); });
}

TEST_F(CorpusTest, RefusesImpossibleOptionsAtOnce) {
  const auto construct = [&](const CorpusOptions& options) { Corpus(tokenizer_, options); };
  CorpusOptions options;
  expectError(ErrorCode::BadUsage, "no file", [&] { construct(options); });
  options.files = {folder_.path() / "nowhere.txt"};
  expectError(ErrorCode::NotFound, "nowhere.txt", [&] { construct(options); });
  options.files = {folder_.path()};
  expectError(ErrorCode::BadFile, "folder", [&] { construct(options); });
  options.files = {file("a.docx", "text")};
  expectError(ErrorCode::Unsupported, "neither .txt nor .jsonl", [&] { construct(options); });
  options.files = {file("a.txt", "text")};
  options.context = 0;
  expectError(ErrorCode::BadUsage, "context", [&] { construct(options); });
  options.context = 8;
  options.maxTokens = 7;
  expectError(ErrorCode::BadUsage, "less than one context of 8", [&] { construct(options); });
}

TEST_F(CorpusTest, NeedsASeparatorOnlyBetweenDocuments) {
  Json json = readJson(testing::ownData("tiny_tokenizer.json"));
  json["added_tokens"].erase(0);
  json["model"]["vocab"].erase("<|endoftext|>");
  writeJson(folder_.path() / "tokenizer.json", json);
  tokenizer_ = Tokenizer::load(folder_.path());
  ASSERT_FALSE(tokenizer_.endOfText());
  const auto a = file("a.txt", "bird");
  EXPECT_EQ(stream({a}), encoded("bird"));
  expectError(ErrorCode::Unsupported, "<|endoftext|>", [&] { stream({a, a}); });
}

}  // namespace
}  // namespace featurescope
