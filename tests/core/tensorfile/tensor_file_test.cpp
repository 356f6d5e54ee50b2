// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/tensor_file.h"

#include "core/base/files.h"
#include "tests/core/tensorfile/golden.h"

#include <thread>

namespace featurescope {
namespace {

using testing::expectError;
using testing::golden;

using std::string_literals::operator""s;

class AFile : public ::testing::Test {
 protected:
  /// The text of a file of these contents.
  std::filesystem::path holding(const std::string& contents, const std::string& name = "file") {
    writeFile(folder_.path() / name, contents);
    return folder_.path() / name;
  }

  void expectOpenFails(ErrorCode code, const std::string& part, const std::string& contents) {
    SCOPED_TRACE(contents.substr(0, 40));
    const auto path = holding(contents);
    expectError(code, part, [&] { return TensorFile::open(path); });
    expectError(code, path.string(), [&] { return TensorFile::open(path); });
  }

  TemporaryFolder folder_;
};

using TensorFileOpen = AFile;
using ShardedTensorFile = AFile;

TEST_F(TensorFileOpen, SaysWhatAFileIsInsteadOfATensorFile) {
  expectOpenFails(ErrorCode::BadFile, "it is empty", "");
  expectOpenFails(ErrorCode::BadFile, "a Git LFS pointer, not the file it stands for",
                  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n");
  expectOpenFails(ErrorCode::BadFile, "it is a web page", "\n<!DOCTYPE html><html></html>");
  expectOpenFails(ErrorCode::BadFile, "it is a web page", "<HTML><body>");
  expectOpenFails(ErrorCode::Unsupported, "GGUF", "GGUF\x03\0\0\0"s);
  expectOpenFails(ErrorCode::Unsupported, "HDF5", "\x89HDF\r\n\x1a\n");
  expectOpenFails(ErrorCode::Unsupported, "before version 1.6", "\x80\x02}q\0."s);
  expectOpenFails(ErrorCode::BadFile, "it is no tensor file", "W_enc,W_dec\n1,2\n");
  expectOpenFails(ErrorCode::BadFile, "it is no tensor file", "abc");
  expectOpenFails(ErrorCode::BadFile, "ends after", "\x10\0\0\0\0\0\0\0{\"a\""s);
  expectOpenFails(ErrorCode::BadFile, "as a zip file it has no directory", "PK\x03\x04 cut short");
  expectOpenFails(ErrorCode::BadFile, "without a \"weight_map\"", R"({"d_model": 512})");
  expectOpenFails(ErrorCode::BadFile, "not JSON", R"({"weight_map": )");
}

TEST_F(TensorFileOpen, NamesAMissingFile) {
  expectError(ErrorCode::NotFound, "no such file",
              [&] { return TensorFile::open(folder_.path() / "none.safetensors"); });
  expectError(ErrorCode::BadFile, "regular file", [&] { return TensorFile::open(folder_.path()); });
}

TEST_F(TensorFileOpen, KnowsSafetensorsWhoseLengthLooksLikeAPickle) {
  // A header of 0x0280 bytes starts the file with the bytes 80 02.
  const std::string header = "{}" + std::string(0x280 - 2, ' ');
  const auto path = holding("\x80\x02\0\0\0\0\0\0"s + header);
  EXPECT_TRUE(TensorFile::open(path).entries().empty());
}

TEST_F(TensorFileOpen, SuggestsTheNearestNameForATensorThatIsNotThere) {
  const TensorFile file = TensorFile::open(golden("types.safetensors"));
  EXPECT_FALSE(file.contains("layer.f31"));
  expectError(ErrorCode::NotFound, "holds no tensor scalars (did you mean scalar?)",
              [&] { return file.tensor("scalars"); });
}

std::string indexOf(const Json& weights) {
  return Json{{"metadata", {{"total_size", 10}}}, {"weight_map", weights}}.dump();
}

TEST_F(ShardedTensorFile, ReadsEachTensorFromItsShard) {
  const Json contents = testing::expected("types");
  auto tensors = testing::tensorsOf(contents);
  std::vector<NamedTensor> half(tensors.begin() + 5, tensors.end());
  tensors.resize(5);
  writeSafetensors(folder_.path() / "1.safetensors", tensors);
  writeSafetensors(folder_.path() / "2.safetensors", half);
  Json weights;
  for (const auto& named : tensors) weights[named.name] = "1.safetensors";
  for (const auto& named : half) weights[named.name] = "2.safetensors";
  const auto file = TensorFile::open(holding(indexOf(weights), "model.safetensors.index.json"));
  testing::expectHolds(file, contents);
  EXPECT_EQ(file.metadata().at("total_size"), "10");
}

TEST_F(ShardedTensorFile, MayHaveShardsOfTorch) {
  std::filesystem::copy_file(golden("views.pt"), folder_.path() / "a.bin");
  Json weights;
  const Json contents = testing::expected("views");
  for (const auto& [name, tensor] : contents.items()) weights[name] = "a.bin";
  testing::expectHolds(TensorFile::open(holding(indexOf(weights))), contents);
}

TEST_F(ShardedTensorFile, OpensAShardOnlyWhenATensorOfItIsRead) {
  std::filesystem::copy_file(golden("types.safetensors"), folder_.path() / "1.safetensors");
  const auto file = TensorFile::open(
      holding(indexOf({{"scalar", "1.safetensors"}, {"late", "missing.safetensors"}})));
  EXPECT_TRUE(file.contains("late"));
  EXPECT_EQ(file.tensor("scalar").elements(), 1);
  expectError(ErrorCode::NotFound, "missing.safetensors", [&] { return file.tensor("late"); });
  expectError(ErrorCode::NotFound, "missing.safetensors", [&] { return file.entries(); });
}

TEST_F(ShardedTensorFile, IsReadByManyThreads) {
  std::filesystem::copy_file(golden("types.safetensors"), folder_.path() / "1.safetensors");
  Json weights;
  const Json contents = testing::expected("types");
  for (const auto& [name, tensor] : contents.items()) weights[name] = "1.safetensors";
  const auto file = TensorFile::open(holding(indexOf(weights)));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { testing::expectHolds(file, contents); });
  }
}

TEST_F(ShardedTensorFile, CannotReachOutsideOfItsFolder) {
  for (const std::string& shard :
       {"../a.safetensors"s, "/a.safetensors"s, "sub/a.safetensors"s, ".."s, "."s, ""s, "a\0b"s}) {
    SCOPED_TRACE(shard);
    const auto path = holding(indexOf({{"a", shard}}));
    expectError(ErrorCode::BadFile, "not the name of a file beside it",
                [&] { return TensorFile::open(path); });
  }
  const auto path = holding(R"({"weight_map":{"a":7}})");
  expectError(ErrorCode::BadFile, "not the name", [&] { return TensorFile::open(path); });
}

TEST_F(ShardedTensorFile, ThatIsItsOwnShardOrNamesTheWrongOneIsRefused) {
  const auto own = TensorFile::open(holding(indexOf({{"a", "own.json"}}), "own.json"));
  expectError(ErrorCode::BadFile, "another index", [&] { return own.tensor("a"); });
  std::filesystem::copy_file(golden("types.safetensors"), folder_.path() / "1.safetensors");
  const auto file = TensorFile::open(holding(indexOf({{"elsewhere", "1.safetensors"}})));
  expectError(ErrorCode::BadFile, "elsewhere lies in 1.safetensors, which does not hold it",
              [&] { return file.tensor("elsewhere"); });
}

}  // namespace
}  // namespace featurescope
