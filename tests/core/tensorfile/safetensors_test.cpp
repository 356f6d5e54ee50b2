// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/safetensors.h"

#include "core/base/files.h"
#include "tests/core/tensorfile/golden.h"

#include <limits>

namespace featurescope {
namespace {

using testing::expectError;
using testing::expectHolds;
using testing::golden;

std::string lengthOf(std::uint64_t size) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(size >> (8 * i) & 0xFF);
  return bytes;
}

/// A file of this header and this many data bytes 0, 1, 2, ….
std::string fileOf(const std::string& header, std::size_t dataSize) {
  std::string file = lengthOf(header.size()) + header;
  for (std::size_t i = 0; i < dataSize; ++i) file += static_cast<char>(i);
  return file;
}

TensorFile parse(const std::string& contents) {
  auto held = std::make_shared<const std::string>(contents);
  return readSafetensors(std::as_bytes(std::span(*held)), held, "a.safetensors");
}

void expectBad(const std::string& part, const std::string& header, std::size_t dataSize) {
  SCOPED_TRACE(header);
  expectError(ErrorCode::BadFile, part, [&] { return parse(fileOf(header, dataSize)); });
}

std::string entry(const std::string& type, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + type + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets +
         "]}";
}

std::string one(const std::string& type, const std::string& shape, const std::string& offsets) {
  return R"({"a":)" + entry(type, shape, offsets) + "}";
}

TEST(Safetensors, HoldWhatThePythonLibraryWrote) {
  const TensorFile file = TensorFile::open(golden("types.safetensors"));
  expectHolds(file, testing::expected("types"));
  EXPECT_THAT(file.metadata(), ::testing::ElementsAre(::testing::Pair("format", "pt"),
                                                      ::testing::Pair("note", "ä")));
}

TEST(Safetensors, AreMappedAndNotCopiedWhereTheyAreAligned) {
  const MappedFile mapped(golden("types.safetensors"));
  const TensorFile file = readSafetensors(mapped.bytes(), mapped.owner(), mapped.path());
  const Tensor tensor = file.tensor("layer.f32");
  EXPECT_GE(tensor.bytes.data(), mapped.bytes().data());
  EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(),
            mapped.bytes().data() + mapped.bytes().size());
}

TEST(Safetensors, StayReadableAfterTheFileObjectIsGone) {
  Tensor tensor;
  {
    const TensorFile file = openSafetensors(golden("types.safetensors"));
    tensor = file.tensor("layer.i8");
  }
  EXPECT_EQ(testing::hexadecimal(tensor.bytes),
            testing::expected("types").at("layer.i8").at("bytes").get<std::string>());
}

TEST(Safetensors, ThatAreMisalignedAreCopied) {
  const std::string header =
      R"({"a":)" + entry("I8", "1", "0,1") + R"(,"b":)" + entry("F64", "2", "1,17") + "}";
  const Tensor tensor = parse(fileOf(header, 17)).tensor("b");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % 8, 0U);
  EXPECT_EQ(testing::hexadecimal(tensor.bytes), "0102030405060708090a0b0c0d0e0f10");
}

TEST(Safetensors, MayHoldScalarsEmptyTensorsOrNothing) {
  EXPECT_TRUE(parse(fileOf("{}", 0)).entries().empty());
  EXPECT_TRUE(parse(fileOf("{}      ", 0)).entries().empty());
  const Tensor scalar = parse(fileOf(one("F32", "", "0,4"), 4)).tensor("a");
  EXPECT_EQ(scalar.shapeText(), "[]");
  EXPECT_EQ(scalar.elements(), 1);
  const Tensor empty = parse(fileOf(one("F32", "3,0", "0,0"), 0)).tensor("a");
  EXPECT_EQ(empty.shapeText(), "[3, 0]");
  EXPECT_EQ(empty.elements(), 0);
}

TEST(Safetensors, WithABrokenHeaderAreRefused) {
  expectError(ErrorCode::BadFile, "ends after 3 of 8 bytes", [] { return parse("abc"); });
  expectError(ErrorCode::BadFile, "ends after 9 of 18 bytes",
              [] { return parse(lengthOf(10) + "{"); });
  expectError(ErrorCode::BadFile, "more than the 100000000",
              [] { return parse(lengthOf(100'000'001) + "{}"); });
  expectError(ErrorCode::BadFile, "more than the 100000000",
              [] { return parse(lengthOf(std::numeric_limits<std::uint64_t>::max() - 3) + "{}"); });
  expectBad("not a JSON object", " {}", 0);
  expectBad("not a JSON object", "[]", 0);
  expectBad("NUL", std::string("{}\0\0", 4), 0);
  expectBad("JSON", "{", 0);
  expectBad("JSON", "{}x", 0);
  expectBad("JSON", "{\"\xFF\":1}", 0);
  expectBad("is not an object", R"({"a":3})", 0);
  expectBad("appears twice",
            R"({"a":)" + entry("I8", "0", "0,0") + R"(,"a":)" + entry("I8", "0", "0,0") + "}", 0);
  expectBad("too deeply", R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}",
            0);
}

TEST(Safetensors, HaveTextsOnlyInTheirMetadata) {
  expectBad("__metadata__", R"({"__metadata__":[]})", 0);
  expectBad("\"n\" is not a string", R"({"__metadata__":{"n":1}})", 0);
  EXPECT_EQ(parse(fileOf(R"({"__metadata__":{"n":"1"}})", 0)).metadata().at("n"), "1");
}

TEST(Safetensors, WithAnEntryThatIsNoArrayAreRefused) {
  expectBad("dtype", R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4);
  expectBad("dtype", R"({"a":{"dtype":7,"shape":[],"data_offsets":[0,4]}})", 4);
  expectBad("unknown type F33", one("F33", "1", "0,4"), 4);
  expectBad("no shape", R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4);
  expectBad("no size", one("F32", "-1", "0,4"), 4);
  expectBad("no size", one("F32", "1.0", "0,4"), 4);
  expectBad("no size", one("F32", "9223372036854775808", "0,4"), 4);
  expectBad("no size", one("F32", "\"1\"", "0,4"), 4);
  expectBad("data_offsets", one("F32", "1", "0"), 4);
  expectBad("data_offsets", one("F32", "1", "0,4,4"), 4);
  expectBad("data_offsets", one("F32", "1", "-4,0"), 4);
  expectBad("data_offsets", R"({"a":{"dtype":"F32","shape":[1]}})", 4);
  expectBad("ends before it begins", one("F32", "1", "4,0"), 4);
}

TEST(Safetensors, WhoseSizesDoNotFitAreRefused) {
  expectBad("does not fit", one("F32", "2", "0,4"), 4);
  expectBad("does not fit", one("F32", "1", "0,8"), 8);
  expectBad("does not fit", one("F32", "0", "0,4"), 4);
  expectBad("no size of an array", one("F32", "4294967296,4294967296", "0,0"), 0);
  expectBad("no size of an array", one("F64", "2305843009213693952", "0,0"), 0);
  expectBad("no size of an array", one("F32", "0,4294967296,4294967296", "0,0"), 0);
  expectBad("no size of an array", one("F4", "3", "0,1"), 1);
}

TEST(Safetensors, WithHolesOverlapsOrTrailingBytesAreRefused) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":)" + entry("I8", "4", first) + R"(,"b":)" + entry("I8", "4", second) + "}";
  };
  EXPECT_EQ(parse(fileOf(two("4,8", "0,4"), 8)).entries().size(), 2U);
  expectBad("begins at 5, where 4 is expected", two("0,4", "5,9"), 9);
  expectBad("begins at 3, where 4 is expected", two("0,4", "3,7"), 8);
  expectBad("begins at 0, where 4 is expected", two("0,4", "0,4"), 4);
  expectBad("begins at 1, where 0 is expected", two("1,5", "5,9"), 9);
  expectBad("holds 1 bytes after its last tensor", two("0,4", "4,8"), 9);
  expectBad("download it again", two("0,4", "4,8"), 7);
  expectBad("expected", one("I8", "4", "18446744073709551611,18446744073709551615"), 4);
}

TEST(Safetensors, OfTypesThatAreNotReadStillOpen) {
  const TensorFile file = TensorFile::open(golden("odd-types.safetensors"));
  EXPECT_THAT(file.entries(), ::testing::ElementsAre(::testing::Key("known")));
  EXPECT_EQ(file.tensor("known").elements(), 2);
  EXPECT_TRUE(file.contains("unsigned"));
  expectError(ErrorCode::Unsupported, "tensor unsigned has the type U16",
              [&] { return file.tensor("unsigned"); });
  expectError(ErrorCode::Unsupported, "tensor small has the type F8_E4M3",
              [&] { return file.tensor("small"); });
}

TEST(Safetensors, WithTruthValuesBeyondOneAreRefusedWhenRead) {
  const TensorFile file = parse(fileOf(one("BOOL", "3", "0,3"), 3));
  expectError(ErrorCode::BadFile, "truth values of a", [&] { return file.tensor("a"); });
}

TEST(SafetensorsWriter, WritesTheBytesThatPythonWasSeenToRead) {
  // make_tensor_files.py --check read this very file with Hugging Face's library.
  const auto tensors = testing::tensorsOf(testing::expected("types"));
  testing::expectWritesGolden("written.safetensors", [&](const std::filesystem::path& path) {
    writeSafetensors(path, tensors, {{"format", "pt"}, {"note", "ä"}});
  });
}

TEST(SafetensorsWriter, WritesWhatItsReaderReadsWhateverTheOrderOfTheTensors) {
  const TemporaryFolder folder;
  const Json contents = testing::expected("types");
  auto tensors = testing::tensorsOf(contents);
  writeSafetensors(folder.path() / "a.safetensors", tensors);
  std::reverse(tensors.begin(), tensors.end());
  writeSafetensors(folder.path() / "b.safetensors", tensors);
  expectHolds(openSafetensors(folder.path() / "a.safetensors"), contents);
  EXPECT_EQ(readFile(folder.path() / "a.safetensors"), readFile(folder.path() / "b.safetensors"));
}

TEST(SafetensorsWriter, LeavesNothingBehindWhenItCannotWrite) {
  const TemporaryFolder folder;
  auto tensors = testing::tensorsOf(testing::expected("types"));
  tensors.push_back(tensors.front());
  expectError(ErrorCode::Internal, "cannot name a tensor twice",
              [&] { writeSafetensors(folder.path() / "a.safetensors", tensors); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace featurescope
