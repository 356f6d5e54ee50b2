// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/npz.h"

#include "core/tensorfile/npy_header.h"
#include "tests/core/tensorfile/golden.h"

namespace featurescope {
namespace {

using testing::expected;
using testing::expectError;
using testing::expectHolds;
using testing::golden;

using std::string_literals::operator""s;

class NumPyWrote : public ::testing::TestWithParam<const char*> {
 protected:
  TensorFile file_ = TensorFile::open(golden(GetParam()));
};

TEST_P(NumPyWrote, TheArraysThatAreRead) { expectHolds(file_, expected("arrays")); }

TEST_P(NumPyWrote, ArraysOfTypesThatAreNamedOnly) {
  EXPECT_TRUE(file_.contains("big"));
  EXPECT_FALSE(file_.entries().contains("big"));
  expectError(ErrorCode::Unsupported, ">f4", [&] { return file_.tensor("big"); });
  expectError(ErrorCode::Unsupported, "<U1", [&] { return file_.tensor("text"); });
}

INSTANTIATE_TEST_SUITE_P(Npz, NumPyWrote, ::testing::Values("arrays.npz", "arrays-deflated.npz"),
                         [](const auto& tested) {
                           return tested.param == "arrays.npz"s ? "stored"s : "deflated"s;
                         });

/// The bytes of an .npy of version 1 with this header, padded as NumPy pads it.
std::string npy(std::string header) {
  header += '\n';
  return "\x93NUMPY\x01\0"s + static_cast<char>(header.size() & 0xFF) +
         static_cast<char>(header.size() >> 8) + header;
}

NpyHeader parsed(const std::string& bytes) {
  return parseNpyHeader(std::as_bytes(std::span(bytes)), "cannot read x.npy");
}

void expectRefused(const std::string& header) {
  SCOPED_TRACE(header);
  expectError(ErrorCode::BadFile, "its header is not one of NumPy's", [&] {
    static_cast<void>(parsed(npy(header)));
    return 0;
  });
}

TEST(NpyHeaderParser, TakesKeysInAnyOrderWithAndWithoutALastComma) {
  const NpyHeader header =
      parsed(npy(R"({"shape": (2, 3), 'fortran_order':True, 'descr': '<f4'})"));
  EXPECT_EQ(header.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(header.dtype, DType::F32);
  EXPECT_TRUE(header.fortranOrder);
  EXPECT_TRUE(parsed(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }")).shape.empty());
}

TEST(NpyHeaderParser, RefusesWhatIsNotThatLiteral) {
  expectRefused("");
  expectRefused("{}");
  expectRefused("{'descr': '<f4', 'fortran_order': False}");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} import os");
  expectRefused("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}");
  expectRefused("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': (1,)}");
  expectRefused("{'descr': '<f4\\x00', 'fortran_order': False, 'shape': (2,)}");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (2");
  std::string axes;
  for (int i = 0; i < 65; ++i) axes += "1,";
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (" + axes + ")}");
}

TEST(NpyHeaderParser, RefusesWhatIsNoArrayAndOtherVersions) {
  const auto refused = [](ErrorCode code, const std::string& part, const std::string& bytes) {
    expectError(code, part, [&] { return parsed(bytes).dataOffset; });
  };
  refused(ErrorCode::BadFile, "no NumPy array", "");
  refused(ErrorCode::BadFile, "no NumPy array", "\x93NUMPX\x01\0\x01\0 "s);
  refused(ErrorCode::Unsupported, "version 4", "\x93NUMPY\x04\0\x01\0\0\0 "s);
  refused(ErrorCode::BadFile, "ends within its header", "\x93NUMPY\x01\0\x40\0{"s);
  refused(ErrorCode::BadFile, "ends within its header", "\x93NUMPY\x02\0\x40"s);
  refused(ErrorCode::BadFile, "far too long", "\x93NUMPY\x02\0\xFF\xFF\xFF\xFF{"s);
  refused(ErrorCode::Unsupported, "array of records",
          npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"));
}

TEST(Npz, WithAShapeThatItsBytesDoNotFillIsRefused) {
  std::string file = readFile(golden("arrays.npz"));
  const std::string shape = "'shape': (3, 4)";
  file.replace(file.find(shape), shape.size(), "'shape': (3, 5)");
  const TemporaryFolder folder;
  writeFile(folder.path() / "a.npz", file);
  expectError(ErrorCode::BadFile, "does not take",
              [&] { return TensorFile::open(folder.path() / "a.npz"); });
}

}  // namespace
}  // namespace featurescope
