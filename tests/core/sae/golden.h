// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/tensorfile/safetensors.h"
#include "core/tensorfile/tensor_file.h"
#include "core/tensorfile/tensor_torch.h"
#include "tests/support/test_data.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

namespace featurescope::testing {

/// A file of tests/data/sae (made by tests/data/make_sae_golden.py).
inline std::filesystem::path golden(const std::string& name) { return ownData("sae") / name; }

inline at::Tensor readTensor(const std::filesystem::path& file, const std::string& name) {
  return toTorch(TensorFile::open(file).tensor(name)).clone();
}

inline void expectNear(const at::Tensor& actual, const at::Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  EXPECT_LE((actual - expected).abs().max().item<double>(), tolerance);
}

/// Runs `body` and returns the UserError it throws, or fails the test.
template <class Body>
std::optional<UserError> userErrorOf(Body&& body) {
  try {
    body();
  } catch (const UserError& error) {
    return error;
  }
  ADD_FAILURE() << "no UserError was thrown";
  return std::nullopt;
}

#define EXPECT_USER_ERROR(statement, expectedCode, expectedText)                             \
  if (const auto error = ::featurescope::testing::userErrorOf([&] { (void)(statement); })) { \
    EXPECT_EQ(error->code(), expectedCode) << error->what();                                 \
    EXPECT_THAT(error->what(), ::testing::HasSubstr(expectedText));                          \
  }

}  // namespace featurescope::testing
