// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_tokens.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/core/analysis/code_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

namespace featurescope {
namespace {

using testing::CodeStream;

TEST(ColumnStream, CutsTheSameStretchesFromAnyBatches) {
  const CodeStream stream(1, 400, 12);
  const auto cut = [&](std::int64_t batch) {
    std::vector<CodeByFeature> stretches;
    ColumnStream columns(12, {.nonZeros = 150, .rows = 50},
                         [&](const CodeByFeature& stretch) { stretches.push_back(stretch); });
    stream.inBatches(batch,
                     [&](const SparseCode& code, auto, auto tokens) { columns.add(code, tokens); });
    columns.finish();
    return stretches;
  };
  const auto expected = cut(1);
  Position next = 0;
  for (const CodeByFeature& stretch : expected) {
    EXPECT_EQ(stretch.first, next);
    EXPECT_LE(stretch.activations.nonZeros(), 150);
    EXPECT_LE(std::ssize(stretch.tokens), 50);
    std::int64_t found = 0;
    for (std::int32_t f = 0; f < 12; ++f) {
      const auto [rows, values] = stretch.of(FeatureId{f});
      for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(values[i], stream.value(next + rows[i], f));
        ++found;
      }
    }
    EXPECT_EQ(found, stretch.activations.nonZeros());
    for (std::size_t row = 0; row < stretch.tokens.size(); ++row) {
      EXPECT_EQ(stretch.tokens[row], stream.token(next + static_cast<Position>(row)));
    }
    next += std::ssize(stretch.tokens);
  }
  EXPECT_EQ(next, stream.tokens());
  for (const std::int64_t batch : {7, 400}) {
    const auto stretches = cut(batch);
    ASSERT_EQ(stretches.size(), expected.size());
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      EXPECT_EQ(stretches[i].first, expected[i].first);
      EXPECT_EQ(stretches[i].activations.indptr, expected[i].activations.indptr);
    }
  }
}

TEST(ColumnStream, TakesARowThatIsLargerThanAStretch) {
  const CodeStream stream(2, 20, 30);
  std::int64_t rows = 0;
  ColumnStream columns(30, {.nonZeros = 1, .rows = 50},
                       [&](const CodeByFeature& stretch) { rows += std::ssize(stretch.tokens); });
  stream.inBatches(6,
                   [&](const SparseCode& code, auto, auto tokens) { columns.add(code, tokens); });
  columns.finish();
  EXPECT_EQ(rows, 20);
}

void expectCountsOfTheWholeStream(std::int64_t length, std::int32_t features,
                                  std::int64_t stretch) {
  const TemporaryFolder folder;
  const CodeStream stream(3, length, features);
  FeatureTokens counts(features, 11, folder.path());
  stream.inStretches(stretch, [&](const CodeByFeature& columns) { counts.add(columns); });

  std::map<TokenId, std::int64_t> occurrences;
  for (Position t = 0; t < stream.tokens(); ++t) ++occurrences[stream.token(t)];
  for (const auto& [token, count] : occurrences) EXPECT_EQ(counts.occurrences(token), count);
  for (std::int32_t f = 0; f < features; ++f) {
    const auto activations = stream.activationsOf(f);
    std::map<TokenId, std::int64_t> expected;
    for (const auto& a : activations) ++expected[stream.token(a.position)];
    std::vector<std::pair<TokenId, std::int64_t>> ranked(expected.begin(), expected.end());
    std::ranges::stable_sort(ranked, std::ranges::greater(),
                             [](const auto& p) { return p.second; });
    ranked.resize(std::min<std::size_t>(ranked.size(), 4));
    const auto [found, ofStrongest] = counts.find(FeatureId{f}, 4);
    const auto strongest =
        std::ranges::max_element(activations, {}, [](const auto& a) { return a.value; });
    if (strongest != activations.end()) {
      EXPECT_EQ(ofStrongest.token, stream.token(strongest->position));
      EXPECT_EQ(ofStrongest.activations, expected[ofStrongest.token]);
    } else {
      EXPECT_EQ(ofStrongest.activations, 0);
    }
    ASSERT_EQ(found.size(), ranked.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].token, ranked[i].first);
      EXPECT_EQ(found[i].activations, ranked[i].second);
      EXPECT_DOUBLE_EQ(found[i].precision, static_cast<double>(ranked[i].second) /
                                               static_cast<double>(activations.size()));
      EXPECT_DOUBLE_EQ(found[i].recall, static_cast<double>(ranked[i].second) /
                                            static_cast<double>(occurrences[ranked[i].first]));
    }
  }
}

TEST(FeatureTokens, HaveTheCountsPrecisionAndRecallOfTheWholeStream) {
  expectCountsOfTheWholeStream(700, 14, 50);
}

TEST(FeatureTokens, AreTheSameCountedOnSeveralThreads) {
  expectCountsOfTheWholeStream(900, 700, 500);
}

TEST(SpillFile, GivesBackWhatWasAppendedAndHasNoName) {
  const TemporaryFolder folder;
  SpillFile spill(folder.path());
  const std::array<std::int32_t, 3> one{1, 2, 3};
  const std::array<std::int64_t, 2> two{4, 5};
  spill.append(std::span<const std::int32_t>(one));
  spill.append(std::span<const std::int64_t>(two));
  EXPECT_EQ(spill.size(), 28);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  std::array<std::int64_t, 1> last{};
  spill.read(20, std::span<std::int64_t>(last));
  EXPECT_EQ(last[0], 5);
  std::array<std::int32_t, 2> middle{};
  spill.read(4, std::span<std::int32_t>(middle));
  EXPECT_EQ(middle, (std::array<std::int32_t, 2>{2, 3}));
}

TEST(SpillFile, SaysWhereItCannotBeMade) {
  try {
    const SpillFile spill("/nonexistent/folder");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::CannotWrite);
  }
}

}  // namespace
}  // namespace featurescope
