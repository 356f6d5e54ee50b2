// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace featurescope::testing {

/// The project's own sources, for tests/data and resources.
inline std::filesystem::path sourceFolder() {
  const char* folder = std::getenv("FEATURESCOPE_SOURCE");
  return folder != nullptr ? folder : ".";
}

/// Small files made by our own scripts.
inline std::filesystem::path ownData(const std::string& name) {
  return sourceFolder() / "tests" / "data" / name;
}

/// Real data that lies outside the project (the Pythia tokenizer, WikiText-2, arithmetic
/// questions); a test that needs it skips visibly where it is not there (GTEST_SKIP).
inline std::filesystem::path sharedData(const std::string& name) {
  const char* folder = std::getenv("FEATURESCOPE_TEST_DATA");
  return (folder != nullptr ? std::filesystem::path(folder) : sourceFolder() / "../shared/data") /
         name;
}

}  // namespace featurescope::testing
