// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/zip_directory.h"

#include "core/base/files.h"
#include "core/tensorfile/zip_writer.h"
#include "tests/core/tensorfile/golden.h"

namespace featurescope {
namespace {

using testing::expectError;
using testing::golden;

using std::string_literals::operator""s;

/// tests/data/make_tensor_files.py wrote it with Python's zipfile: "stored" and "deflated" hold the
/// same text.
std::string zipOfPython() { return readFile(golden("records.zip")); }

ZipDirectory directoryOf(const std::string& contents) {
  auto held = std::make_shared<const std::string>(contents);
  return {std::as_bytes(std::span(*held)), held, "cannot read a.zip"};
}

std::string contentsOf(const ZipDirectory& zip, const std::string& name) {
  const auto contents = zip.contents(name, zip.records().at(name));
  return {reinterpret_cast<const char*>(contents.bytes.data()), contents.bytes.size()};
}

/// The file with the bytes `from` replaced by `to`, at its `which`th occurrence counted from 0.
std::string changed(std::string file, const std::string& from, const std::string& to, int which) {
  std::size_t at = file.find(from);
  for (; which > 0; --which) at = file.find(from, at + 1);
  return file.replace(at, from.size(), to);
}

void expectRefused(ErrorCode code, const std::string& part, const std::string& file) {
  expectError(code, part, [&] { return directoryOf(file); });
}

TEST(ZipDirectory, ReadsWhatPythonWrote) {
  const ZipDirectory zip = directoryOf(zipOfPython());
  EXPECT_EQ(zip.records().size(), 3U);
  EXPECT_FALSE(zip.records().at("stored").deflated);
  EXPECT_TRUE(zip.records().at("deflated").deflated);
  EXPECT_THAT(contentsOf(zip, "stored"), ::testing::StartsWith("the same text, the same text"));
  EXPECT_EQ(contentsOf(zip, "deflated"), contentsOf(zip, "stored"));
  EXPECT_EQ(contentsOf(zip, "empty"), "");
}

TEST(ZipDirectory, RefusesToInflateABomb) {
  const ZipDirectory zip = directoryOf(zipOfPython());
  ZipDirectory::Record record = zip.records().at("deflated");
  record.size = std::uint64_t{1} << 40;
  expectError(ErrorCode::BadFile, "deflated claims to inflate",
              [&] { return zip.contents("deflated", record).bytes.size(); });
}

TEST(ZipDirectory, RefusesADeflatedRecordOfAnotherSize) {
  const std::string file = zipOfPython();
  const ZipDirectory zip = directoryOf(file);
  for (const std::int64_t difference : {-1, 1, 1000}) {
    ZipDirectory::Record record = zip.records().at("deflated");
    record.size = static_cast<std::uint64_t>(static_cast<std::int64_t>(record.size) + difference);
    expectError(ErrorCode::BadFile, "does not inflate to",
                [&] { return zip.contents("deflated", record).bytes.size(); });
  }
}

TEST(ZipDirectory, RefusesPlacesOutsideOfTheFile) {
  const std::string file = zipOfPython();
  const std::size_t end = file.rfind("PK\x05\x06");
  const std::string huge = "\xFE\xFF\xFF\xFF"s;
  expectRefused(ErrorCode::BadFile, "points beyond its end",
                std::string(file).replace(end + 16, 4, huge));
  expectRefused(ErrorCode::BadFile, "broken directory",
                std::string(file).replace(end + 10, 2, "\x05\x00"s));
  const std::size_t entry = file.find("PK\x01\x02");
  expectRefused(ErrorCode::BadFile, "points beyond its end",
                std::string(file).replace(entry + 42, 4, huge));
  expectRefused(ErrorCode::BadFile, "ends before its record",
                std::string(file).replace(entry + 20, 4, huge));
  expectRefused(ErrorCode::BadFile, "two sizes",
                std::string(file).replace(entry + 24, 4, "\0\0\0\0"s));
}

TEST(ZipDirectory, RefusesRecordsThatAreHiddenOrForged) {
  const std::string file = zipOfPython();
  const std::size_t entry = file.find("PK\x01\x02");
  expectRefused(ErrorCode::Unsupported, "is encrypted",
                std::string(file).replace(entry + 8, 2, "\1\0"s));
  expectRefused(ErrorCode::Unsupported, "not by deflate",
                std::string(file).replace(entry + 10, 2, "\x0c\0"s));
  expectRefused(ErrorCode::BadFile, "lacks the record", changed(file, "stored", "forged", 1));
  expectRefused(ErrorCode::BadFile, "no directory", file.substr(0, file.size() - 1));
}

TEST(ZipDirectory, RefusesTwoRecordsOfOneName) {
  const TemporaryFolder folder;
  AtomicFile file(folder.path() / "a.zip");
  ZipWriter zip(file);
  zip.add("a", {});
  zip.add("a", {});
  zip.finish();
  file.commit();
  expectRefused(ErrorCode::BadFile, "holds the record a twice", readFile(folder.path() / "a.zip"));
}

}  // namespace
}  // namespace featurescope
