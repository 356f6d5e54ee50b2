// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensorfile/torch_zip.h"

#include "core/base/files.h"
#include "tests/core/tensorfile/golden.h"

namespace featurescope {
namespace {

using testing::expected;
using testing::expectError;
using testing::expectHolds;
using testing::golden;

TEST(TorchZip, HoldsTensorsOfEveryType) {
  expectHolds(TensorFile::open(golden("types.pt")), expected("types"));
}

TEST(TorchZip, HoldsTheStateDictOfAModule) {
  expectHolds(TensorFile::open(golden("module.pt")), expected("module"));
}

TEST(TorchZip, HoldsParametersAsTheirTensors) {
  expectHolds(TensorFile::open(golden("parameters.pt")), expected("module"));
}

TEST(TorchZip, HoldsStridedViewsOfASharedStorage) {
  expectHolds(TensorFile::open(golden("views.pt")), expected("views"));
}

TEST(TorchZip, MapsWhatIsContiguous) {
  const MappedFile mapped(golden("views.pt"));
  const Tensor tensor = readTorchZip(mapped.bytes(), mapped.owner(), mapped.path()).tensor("base");
  EXPECT_GE(tensor.bytes.data(), mapped.bytes().data());
  EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(),
            mapped.bytes().data() + mapped.bytes().size());
}

TEST(TorchZip, GivesNestedValuesDottedNamesInEveryProtocol) {
  for (int protocol = 2; protocol <= 5; ++protocol) {
    SCOPED_TRACE(protocol);
    const TensorFile file =
        TensorFile::open(golden(fmt::format("nested-protocol-{}.pt", protocol)));
    expectHolds(file, expected("nested"));
    EXPECT_EQ(
        Json(std::map<std::string, std::string>(file.metadata().begin(), file.metadata().end())),
        expected("nested-texts"));
  }
}

TEST(TorchZip, OfASingleTensorOrAListHasNamesToo) {
  EXPECT_THAT(TensorFile::open(golden("tensor.pt")).entries(),
              ::testing::ElementsAre(::testing::Key("tensor")));
  EXPECT_THAT(TensorFile::open(golden("list.pt")).entries(),
              ::testing::ElementsAre(::testing::Key("0"), ::testing::Key("1")));
}

TEST(TorchZip, OfAParameterWithAttributesGivesItsValues) {
  EXPECT_EQ(TensorFile::open(golden("attribute.pt")).tensor("tagged").elements(), 2);
}

TEST(TorchZip, OfTypesThatAreNotReadStillOpens) {
  const TensorFile file = TensorFile::open(golden("odd-types.pt"));
  EXPECT_THAT(file.entries(), ::testing::ElementsAre(::testing::Key("known")));
  expectError(ErrorCode::Unsupported, "complex has the type ComplexFloatStorage",
              [&] { return file.tensor("complex"); });
  expectError(ErrorCode::Unsupported, "unsigned has the type uint16",
              [&] { return file.tensor("unsigned"); });
  expectError(ErrorCode::Unsupported, "small has the type float8_e4m3fn",
              [&] { return file.tensor("small"); });
}

TEST(TorchZip, RefusesWhatWouldHaveToBeExecutedOrComputed) {
  expectError(ErrorCode::Unsupported, "the Python object __main__.Block",
              [] { return TensorFile::open(golden("whole-module.pt")); });
  expectError(ErrorCode::Unsupported, "negated",
              [] { return TensorFile::open(golden("negated.pt")); });
}

TEST(TorchZip, OfBefore16IsRefusedWithAWayOut) {
  expectError(ErrorCode::Unsupported, "save it again with torch.save",
              [] { return TensorFile::open(golden("legacy.pt")); });
}

TEST(TorchZipWriter, WritesTheBytesThatPythonWasSeenToRead) {
  // make_tensor_files.py --check read this very file with torch.load(weights_only=True).
  const auto tensors = testing::tensorsOf(expected("types"));
  testing::expectWritesGolden(
      "written.pt", [&](const std::filesystem::path& path) { writeTorchZip(path, tensors); });
}

TEST(TorchZipWriter, WritesWhatItsReaderReads) {
  expectHolds(TensorFile::open(golden("written.pt")), expected("types"));
}

}  // namespace
}  // namespace featurescope
