// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/text/character_class.h"
#include "core/text/nfc.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/utf8.h"
#include "tests/support/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <utf8proc.h>
#include <vector>

namespace featurescope {
namespace {

using ::testing::ElementsAre;

std::string utf8(char32_t codePoint) {
  std::string text;
  appendUtf8(text, codePoint);
  return text;
}

bool isSurrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

TEST(Utf8, ReadsBackEveryCodePoint) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (isSurrogate(c)) continue;
    const std::string text = utf8(c);
    const Utf8Step step = decodeUtf8(text, 0);
    ASSERT_TRUE(step.valid);
    ASSERT_EQ(step.codePoint, c);
    ASSERT_EQ(step.length, text.size());
  }
}

// The example of the Unicode standard, "U+FFFD Substitution of Maximal Subparts", tables 3-8 to
// 3-11.
TEST(Utf8, ReplacesMaximalSubpartsAsTheUnicodeStandardShows) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(repairUtf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(repairUtf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(repairUtf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(repairUtf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), r + r + r + r + "A");
}

TEST(Utf8, FindsAndCountsWhatIsInvalid) {
  EXPECT_EQ(findInvalidUtf8("long enough for whole words é"), std::string_view::npos);
  EXPECT_EQ(findInvalidUtf8("long enough for whole words \xC3"), 28U);
  EXPECT_EQ(countInvalidUtf8("a\xFF\xFF"
                             "b\xE2\x82"),
            3U);
}

TEST(CharacterClass, IsHuggingFacesForEveryCodePoint) {
  const Json runs = readJson(testing::ownData("character_classes.json"));
  const std::string letters = "LNSO";
  std::size_t run = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (isSurrogate(c)) continue;
    while (run + 1 < runs.size() && runs[run + 1][0].get<char32_t>() <= c) ++run;
    ASSERT_EQ(letters.substr(static_cast<std::size_t>(characterClass(c)), 1),
              runs[run][1].get<std::string>())
        << "U+" << std::hex << static_cast<std::uint32_t>(c);
  }
}

std::string utf8procNfc(const std::string& text) {
  auto* composed = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
  std::string result(reinterpret_cast<const char*>(composed));
  std::free(composed);
  return result;
}

TEST(Nfc, EqualsTheLibrarysWholeTextNormalizationForEveryCodePointBetweenOthers) {
  std::string scratch;
  for (char32_t c = 1; c < 0x110000; ++c) {
    if (isSurrogate(c)) continue;
    const std::string text = "e\u0323" + utf8(c) + "\u0301\u1161\u11a8a";
    ASSERT_EQ(normalizeNfc(text, scratch), utf8procNfc(text)) << static_cast<std::uint32_t>(c);
  }
}

TEST(Nfc, EqualsTheLibrarysWholeTextNormalizationOnRandomMixtures) {
  const std::vector<char32_t> special = {
      'a',   'e',   ' ',    0xE9,   0x300,  0x301,  0x323,   0x327,   0x344,   0x345,  0x3B1,
      0x9C7, 0x9BE, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01,  0x212B,  0xFB1D,  0x958,  0x1E9B,
      0xF71, 0xF72, 0xF73,  0x5B4,  0x2126, 0x2ADC, 0x1D15E, 0x11131, 0x11127, 0x4E2D, 0x1F600};
  RandomStream random(2);
  std::string scratch;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(12); i < 12; ++i) {
      appendUtf8(text, special[random.below(special.size())]);
    }
    ASSERT_EQ(normalizeNfc(text, scratch), utf8procNfc(text)) << text;
  }
}

TEST(Nfc, LeavesNormalizedTextWhereItIs) {
  std::string scratch;
  for (const std::string text : {"plain", "café", "Привет, мир", "日本語", "한국어"}) {
    EXPECT_EQ(normalizeNfc(text, scratch).data(), text.data());
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = wordEnd(text, begin);
    found.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return found;
}

TEST(PreTokenizer, SplitsAsItsPatternSays) {
  EXPECT_THAT(words("I'll go"), ElementsAre("I", "'ll", " go"));
  EXPECT_THAT(words("a  b"), ElementsAre("a", " ", " b"));
  EXPECT_THAT(words("a \n b  "), ElementsAre("a", " \n", " b", "  "));
  EXPECT_THAT(words("x1 23!? 'S"), ElementsAre("x", "1", " 23", "!?", " '", "S"));
  EXPECT_THAT(words("\u00a0a"), ElementsAre("\u00a0", "a"));
}

}  // namespace
}  // namespace featurescope
