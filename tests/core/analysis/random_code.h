// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/kernels/sparse_code.h"

namespace featurescope::testing {

/// Rows of a few values out of a handful, so that many are equal; features below `dead` stay empty.
inline SparseCode randomCode(RandomStream& random, std::int64_t rows, std::int64_t features,
                             std::int64_t dead) {
  SparseCode code;
  code.features = features;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (auto f = static_cast<std::int32_t>(dead); f < features; ++f) {
      if (random.below(4) != 0) continue;
      code.indices.push_back(f);
      code.values.push_back(0.25F * static_cast<float>(1 + random.below(6)));
    }
    code.indptr.push_back(std::ssize(code.indices));
  }
  return code;
}

}  // namespace featurescope::testing
