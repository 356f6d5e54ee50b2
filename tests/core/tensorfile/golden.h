// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_file.h"
#include "tests/support/test_data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace featurescope::testing {

/// A file that tests/data/make_tensor_files.py made with Python's libraries.
inline std::filesystem::path golden(const std::string& name) {
  return ownData("tensorfile") / name;
}

/// What Python says that these files hold: name → {dtype, shape, bytes in hexadecimal}.
inline Json expected(const std::string& group) {
  return readJson(golden("expected.json")).at(group);
}

inline std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

inline std::vector<std::byte> bytesOfHexadecimal(const std::string& text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline void expectHolds(const TensorFile& file, const Json& contents) {
  EXPECT_EQ(file.entries().size(), contents.size());
  for (const auto& [name, wanted] : contents.items()) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(file.contains(name));
    const Tensor tensor = file.tensor(name);
    EXPECT_EQ(featurescope::name(tensor.dtype), wanted.at("dtype").get<std::string>());
    EXPECT_EQ(tensor.shape, wanted.at("shape").get<std::vector<std::int64_t>>());
    EXPECT_EQ(hexadecimal(tensor.bytes), wanted.at("bytes").get<std::string>());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % itemSize(tensor.dtype), 0U);
    const auto entry = file.entries().find(name);
    ASSERT_NE(entry, file.entries().end());
    EXPECT_EQ(entry->second.dtype, tensor.dtype);
    EXPECT_EQ(entry->second.shape, tensor.shape);
  }
}

/// The same tensors, in memory of their own.
inline std::vector<NamedTensor> tensorsOf(const Json& contents) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, wanted] : contents.items()) {
    auto bytes = std::make_shared<std::vector<std::byte>>(
        bytesOfHexadecimal(wanted.at("bytes").get<std::string>()));
    Tensor tensor;
    tensor.dtype = dtypeNamed(wanted.at("dtype").get<std::string>()).value();
    tensor.shape = wanted.at("shape").get<std::vector<std::int64_t>>();
    tensor.bytes = *bytes;
    tensor.owner = std::move(bytes);
    tensors.push_back({name, std::move(tensor)});
  }
  return tensors;
}

/// Writes a file by `write(path)` and expects the bytes of the golden one of the same name. Keeps
/// it in the folder FEATURESCOPE_KEEP_WRITTEN instead, where that is set: to make the golden one.
template <class Write>
void expectWritesGolden(const std::string& name, Write&& write) {
  if (const char* folder = std::getenv("FEATURESCOPE_KEEP_WRITTEN")) {
    write(std::filesystem::path(folder) / name);
  }
  const TemporaryFolder folder;
  write(folder.path() / name);
  EXPECT_EQ(readFile(folder.path() / name), readFile(golden(name)));
}

/// Runs `body`, which must throw a UserError of this code whose text holds `part`.
template <class Body>
void expectError(ErrorCode code, const std::string& part, Body&& body) {
  try {
    static_cast<void>(body());
    ADD_FAILURE() << "nothing was thrown where \"" << part << "\" is expected";
  } catch (const UserError& error) {
    EXPECT_EQ(name(error.code()), name(code)) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
  }
}

}  // namespace featurescope::testing
