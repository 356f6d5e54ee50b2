// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include "core/base/files.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace featurescope {
namespace {

std::string messageOf(std::string_view text) {
  try {
    (void)parseJson(text, "cannot read config.json");
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ErrorCode::BadFile);
    return error.what();
  }
  return "";
}

TEST(ParseJson, RefusesWhatIsNotJsonInWordsForAPerson) {
  EXPECT_TRUE(messageOf("{\"a\": 1").starts_with("cannot read config.json: not JSON: parse error"));
  EXPECT_NE(messageOf(""), "");
  EXPECT_NE(messageOf("{\"a\": \"\xff\"}"), "") << "invalid UTF-8";
  EXPECT_NE(messageOf("{} x"), "") << "something after the end";
  EXPECT_NE(messageOf(std::string_view("{}\0garbage", 10)), "") << "a NUL byte";
}

TEST(ParseJson, RefusesAKeyGivenTwiceAtAnyDepthButNotInSiblings) {
  EXPECT_EQ(messageOf(R"({"b": [{"a": 1, "a": 2}]})"),
            "cannot read config.json: the key \"a\" appears twice");
  EXPECT_EQ(messageOf(R"([{"a": 1}, {"a": 2, "c": {"a": 3}}])"), "");
}

TEST(ParseJson, RefusesDepthsThatCouldExhaustTheStack) {
  EXPECT_NE(messageOf(std::string(100000, '[')), "");
  EXPECT_NE(messageOf(std::string(200, '[') + std::string(200, ']')), "");
  EXPECT_EQ(messageOf(std::string(50, '[') + std::string(50, ']')), "");
}

TEST(Member, TellsAbsenceNullAndWrongTypesApart) {
  const Json object = parseJson(R"({"n": 3, "x": 0.5, "s": "t", "z": null, "neg": -1})", "w");
  EXPECT_EQ(member<int>(object, "n", "w"), 3);
  EXPECT_EQ(member<double>(object, "n", "w"), 3.0);
  EXPECT_EQ(optionalMember<int>(object, "z", "w"), std::nullopt);
  EXPECT_EQ(memberOr<std::string>(object, "absent", "d", "w"), "d");
  EXPECT_THROW((void)member<int>(object, "x", "w"), UserError);
  EXPECT_THROW((void)member<int>(object, "absent", "w"), UserError);
  EXPECT_THROW((void)member<std::uint32_t>(object, "neg", "w"), UserError);
  EXPECT_THROW((void)member<bool>(object, "n", "w"), UserError);
}

TEST(Member, RefusesAnIntegerBeyondItsTypeInsteadOfWrappingIt) {
  const Json object =
      parseJson(R"({"k": 4294967297, "least": -2147483648, "most": 18446744073709551615})", "w");
  EXPECT_EQ(member<int>(object, "least", "w"), std::numeric_limits<int>::min());
  EXPECT_EQ(member<std::int64_t>(object, "k", "w"), 4294967297);
  EXPECT_EQ(member<std::uint64_t>(object, "most", "w"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_THROW((void)member<std::int64_t>(object, "most", "w"), UserError);
  EXPECT_THROW((void)member<std::uint32_t>(object, "k", "w"), UserError);
  try {
    (void)member<int>(object, "k", "cannot read cfg.json");
    ADD_FAILURE() << "4294967297 went into an int";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "cannot read cfg.json: its \"k\" is 4294967297, which is out of range");
  }
}

TEST(WriteJson, ReadsBackAndSortsKeys) {
  const TemporaryFolder folder;
  writeJson(folder.path() / "a.json", Json{{"b", 1}, {"a", {1, 2}}});
  EXPECT_EQ(readFile(folder.path() / "a.json"),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": 1\n}\n");
  EXPECT_EQ(readJson(folder.path() / "a.json")["a"][1], 2);
}

}  // namespace
}  // namespace featurescope
