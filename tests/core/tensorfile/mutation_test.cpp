// SPDX-License-Identifier: GPL-3.0-or-later
// Files that were cut short or changed at random must be read or refused by a UserError; run under
// the sanitizers, this is what shows that nothing is read out of bounds.
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/tensorfile/file_format.h"
#include "core/tensorfile/npz.h"
#include "core/tensorfile/torch_zip.h"
#include "tests/core/tensorfile/golden.h"

#include <cstring>

namespace featurescope {
namespace {

using testing::golden;

/// Reads everything that the bytes hold; whether they were accepted.
bool readAll(const std::string& contents) {
  // Memory of exactly this size, so that a sanitizer sees any access beyond it.
  auto held = std::make_shared<std::vector<std::byte>>(contents.size());
  if (!contents.empty()) std::memcpy(held->data(), contents.data(), contents.size());
  const std::span<const std::byte> bytes = *held;
  try {
    const auto format = recogniseTensorFile(bytes, "file");
    if (format == TensorFileFormat::ShardIndex) return false;
    const TensorFile file = format == TensorFileFormat::TorchZip ? readTorchZip(bytes, held, "file")
                            : format == TensorFileFormat::Npz
                                ? readNpz(bytes, held, "file")
                                : readSafetensors(bytes, held, "file");
    std::size_t sum = 0;
    for (const auto& [name, entry] : file.entries()) {
      for (const std::byte byte : file.tensor(name).bytes)
        sum += std::to_integer<std::size_t>(byte);
    }
    return sum + 1 > 0;
  } catch (const UserError& error) {
    EXPECT_NE(error.code(), ErrorCode::Internal) << error.what();
    return false;
  }
}

class AMutatedFile : public ::testing::TestWithParam<const char*> {
 protected:
  std::string contents_ = readFile(golden(GetParam()));
};

TEST_P(AMutatedFile, IsAcceptedWhole) { EXPECT_TRUE(readAll(contents_)); }

TEST_P(AMutatedFile, IsRefusedWhenItIsCutAnywhere) {
  for (std::size_t size = 0; size < contents_.size(); ++size) {
    EXPECT_FALSE(readAll(contents_.substr(0, size))) << size;
  }
}

TEST_P(AMutatedFile, IsReadOrRefusedWhenBitsAreFlipped) {
  RandomStream random(7, GetParam());
  for (int trial = 0; trial < 4000; ++trial) {
    std::string changed = contents_;
    for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
      changed[random.below(changed.size())] ^= static_cast<char>(1U << random.below(8));
    }
    readAll(changed);
  }
}

TEST_P(AMutatedFile, IsReadOrRefusedWhenBytesAreReplacedMovedOrRepeated) {
  RandomStream random(8, GetParam());
  for (int trial = 0; trial < 4000; ++trial) {
    std::string changed = contents_;
    const std::size_t at = random.below(changed.size());
    const std::size_t size = 1 + random.below(12);
    const std::string piece = changed.substr(random.below(changed.size()), size);
    switch (random.below(4)) {
      case 0:
        changed.replace(at, size, piece);
        break;
      case 1:
        changed.insert(at, piece);
        break;
      case 2:
        changed.erase(at, size);
        break;
      default:
        changed.replace(at, size, std::string(size, '\xFF'));
        break;
    }
    readAll(changed);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, AMutatedFile,
                         ::testing::Values("types.safetensors", "types.pt", "views.pt",
                                           "nested-protocol-2.pt", "nested-protocol-4.pt",
                                           "written.pt", "odd-types.pt", "arrays.npz",
                                           "arrays-deflated.npz"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           for (char& c : name) c = std::isalnum(c) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace featurescope
