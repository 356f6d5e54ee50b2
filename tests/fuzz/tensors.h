// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tensorfile/tensor_file.h"
#include "tests/fuzz/fuzz.h"

namespace featurescope::fuzz {

/// Reads every tensor that the file says it holds, and what else it says.
inline void readAll(const TensorFile& file) {
  for (const auto& entry : file.entries()) {
    readOrRefuse([&] { look(file.tensor(entry.first).bytes); });
  }
  for (const auto& [key, value] : file.metadata()) look(value);
}

}  // namespace featurescope::fuzz
