// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/corpus_cursor.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/corpus.h"
#include "tests/support/compressed_text.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace featurescope {
namespace {

using testing::gzip;
using ::testing::HasSubstr;
using testing::zstd;
namespace fs = std::filesystem;

using Batches = std::vector<std::vector<TokenId>>;

class CorpusCursorTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, const std::string& contents) const {
    writeFile(folder_.path() / name, contents);
    return folder_.path() / name;
  }

  /// What is left of a corpus, and where it stood before each batch.
  struct Reading {
    Batches batches;
    std::vector<CorpusCursor> cursors;
    CorpusReport report;
  };
  [[nodiscard]] Reading read(const CorpusOptions& options, std::int64_t rows,
                             const std::optional<CorpusCursor>& from = std::nullopt) const {
    Corpus corpus(tokenizer_, options);
    if (from) {
      corpus.resume(*from);
      EXPECT_EQ(corpus.cursor(), *from);
    }
    Reading reading;
    TokenBatch batch;
    do {
      reading.cursors.push_back(corpus.cursor());
      if (!corpus.next(batch, rows)) break;
      reading.batches.push_back(batch.tokens);
    } while (true);
    reading.report = corpus.report();
    return reading;
  }

  /// Goes on from every `stride`-th place of the corpus and compares with having read on.
  void expectEveryCursorGoesOnAlike(const CorpusOptions& options, std::int64_t rows,
                                    std::size_t stride = 1) const {
    const Reading whole = read(options, rows);
    ASSERT_GT(whole.batches.size(), 2U);
    for (std::size_t at = 0; at < whole.cursors.size(); at += stride) {
      const CorpusCursor cursor =
          corpusCursorFrom(Json::parse(toJson(whole.cursors[at]).dump()), "the test");
      EXPECT_EQ(cursor, whole.cursors[at]);
      const Reading rest = read(options, rows, cursor);
      EXPECT_EQ(rest.batches, Batches(whole.batches.begin() + static_cast<std::ptrdiff_t>(at),
                                      whole.batches.end()))
          << at;
      EXPECT_EQ(rest.report, whole.report) << at;
    }
  }

  /// Records with empty ones, short ones and one longer than several contexts among them.
  [[nodiscard]] static std::string records() {
    std::string lines;
    for (int i = 0; i < 25; ++i) {
      std::string text = i % 5 == 2 ? "" : "bird " + std::to_string(i);
      if (i == 7) text += " sings in the morning, and the old tree listens to the small bird";
      lines += Json{{"text", text}}.dump() + (i % 6 == 0 ? "\n  \n" : "\n");
    }
    return lines;
  }
  /// Longer than two blocks of reading.
  [[nodiscard]] static std::string longText() {
    std::string text;
    for (int i = 0; text.size() < 2 * kTextBytes; ++i) {
      text += "bird " + std::to_string(i) + (i % 7 == 0 ? "\n\n" : " ");
    }
    return text;
  }
  static constexpr std::size_t kTextBytes = std::size_t{1} << 18;

  TemporaryFolder folder_;
  Tokenizer tokenizer_ = Tokenizer::load(testing::ownData("tiny_tokenizer.json"));
};

TEST_F(CorpusCursorTest, GoesOnFromEveryPlaceInSeveralFilesOfEveryForm) {
  CorpusOptions options;
  options.files = {file("a.txt", "The small bird sings in the morning."),
                   file("empty.txt", ""),
                   file("b.jsonl", records()),
                   file("c.jsonl.gz", gzip(records()) + gzip(records())),
                   file("d.txt.zst", zstd("and the old") + zstd(" tree listens")),
                   file("e.jsonl.zst", zstd(records())),
                   file("f.txt.gz", gzip("The small bird sings in the morning."))};
  for (const std::int64_t context : {1, 4, 16}) {
    options.context = context;
    expectEveryCursorGoesOnAlike(options, 3);
  }
}

TEST_F(CorpusCursorTest, GoesOnBetweenDocumentsOfTheirOwn) {
  CorpusOptions options;
  options.packing = Packing::Documents;
  options.context = 6;
  options.files = {file("a.txt", "The small bird sings in the morning."), file("empty.txt", ""),
                   file("b.jsonl", records()), file("c.jsonl.gz", gzip(records()))};
  for (const std::int64_t rows : {1, 4}) expectEveryCursorGoesOnAlike(options, rows);
}

TEST_F(CorpusCursorTest, GoesOnInTheMiddleOfLongTexts) {
  const std::string text = longText();
  const std::string lines = Json{{"text", text}}.dump() + "\n" + Json{{"text", "bird"}}.dump();
  CorpusOptions options;
  options.context = 128;
  for (const fs::path& path : {file("a.txt", text), file("b.txt.gz", gzip(text)),
                               file("c.txt.zst", zstd(text)), file("d.jsonl", lines)}) {
    options.files = {path};
    expectEveryCursorGoesOnAlike(options, 64, 7);
  }
}

TEST_F(CorpusCursorTest, KeepsTheTokensWanted) {
  CorpusOptions options;
  options.files = {file("b.jsonl", records())};
  options.context = 4;
  options.maxTokens = 41;
  expectEveryCursorGoesOnAlike(options, 2);
}

TEST_F(CorpusCursorTest, StaysSmallInALongText) {
  CorpusOptions options;
  options.files = {file("a.txt", longText())};
  for (const CorpusCursor& cursor : read(options, 64).cursors) {
    EXPECT_LT(toJson(cursor).dump().size(), 400U);
    EXPECT_LE(cursor.part.readTo - cursor.part.begin, kTextBytes);
  }
}

TEST_F(CorpusCursorTest, NamesTheSameBadLineWhenGoingOn) {
  CorpusOptions options;
  options.files = {file("b.jsonl", records() + "{\"text\": \"tw")};
  options.context = 4;
  const auto errorFrom = [&](std::int64_t batches) -> std::string {
    Corpus corpus(tokenizer_, options);
    TokenBatch batch;
    for (std::int64_t i = 0; i < batches; ++i) EXPECT_TRUE(corpus.next(batch, 2));
    Corpus again(tokenizer_, options);
    again.resume(corpus.cursor());
    try {
      while (again.next(batch, 2)) continue;
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::BadText);
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(errorFrom(0), HasSubstr("cannot read line 31 of"));
  EXPECT_EQ(errorFrom(9), errorFrom(0));
}

TEST_F(CorpusCursorTest, FindsOutThatATextIsShorterThanItWas) {
  const std::string text = longText();
  for (const bool compressed : {false, true}) {
    CorpusOptions options;
    const std::string name = compressed ? "a.txt.gz" : "a.txt";
    options.files = {file(name, compressed ? gzip(text) : text)};
    const CorpusCursor cursor = read(options, 64).cursors[20];
    const std::string shorter = text.substr(0, 1000);
    file(name, compressed ? gzip(shorter) : shorter);
    try {
      static_cast<void>(read(options, 64, cursor));
      ADD_FAILURE() << "no error";
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ErrorCode::BadText);
      EXPECT_THAT(error.what(), HasSubstr(name + ": it is not the text it was"));
    }
  }
}

TEST_F(CorpusCursorTest, RefusesPlacesThatNoCorpusHas) {
  CorpusOptions options;
  options.files = {file("b.jsonl", records())};
  options.context = 4;
  const Json good = toJson(read(options, 2).cursors[3]);
  const auto expectRefused = [&](const Json& bad) {
    try {
      static_cast<void>(read(options, 2, corpusCursorFrom(bad, "cannot go on")));
      ADD_FAILURE() << "no error for " << bad;
    } catch (const UserError& error) {
      EXPECT_TRUE(error.code() == ErrorCode::BadFile || error.code() == ErrorCode::BadText);
    }
  };
  expectRefused(nullptr);
  expectRefused(Json::array());
  for (const auto& [key, value] : good.items()) {
    Json bad = good;
    bad.erase(key);
    expectRefused(bad);
    bad[key] = "seven";
    expectRefused(bad);
    if (!value.is_number()) continue;
    bad[key] = -1;
    expectRefused(bad);
  }
  for (const char* key : {"file", "begin", "read_to", "tokens_of_part"}) {
    Json bad = good;
    bad[key] = 1'000'000'000;
    expectRefused(bad);
  }
}

}  // namespace
}  // namespace featurescope
