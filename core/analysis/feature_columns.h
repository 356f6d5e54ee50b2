// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/kernels/sparse_code.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace featurescope {

/// A stretch of a stream of sparse codes, turned by feature.
struct FeatureColumns {
  struct Entry {
    std::int32_t row = 0;  ///< the token at position first + row
    float value = 0;
  };

  Position first = 0;
  std::vector<TokenId> tokens;       ///< by row
  std::vector<std::int64_t> starts;  ///< by feature, M + 1
  std::vector<Entry> entries;        ///< by feature, rows ascending

  [[nodiscard]] std::int32_t features() const {
    return static_cast<std::int32_t>(starts.size()) - 1;
  }
  [[nodiscard]] std::span<const Entry> of(FeatureId feature) const {
    const auto f = static_cast<std::size_t>(feature.value);
    return std::span(entries).subspan(static_cast<std::size_t>(starts[f]),
                                      static_cast<std::size_t>(starts[f + 1] - starts[f]));
  }
};

/// Cuts a stream of sparse codes into stretches of bounded size and hands each on by feature. Where
/// it cuts depends on the stream alone, not on its batches.
class ColumnStream {
 public:
  struct Limits {
    std::int64_t nonZeros = 1 << 22;  ///< of a stretch, unless a single row has more
    std::int64_t rows = 1 << 20;
  };
  using Consume = std::function<void(const FeatureColumns& columns)>;

  ColumnStream(std::int64_t features, Limits limits, Consume consume);

  /// Row i of `code` is the token tokens[i], next in the stream.
  void add(const SparseCode& code, std::span<const TokenId> tokens);
  /// Hands on what is left.
  void finish();

 private:
  void handOn();

  Limits limits_;
  Consume consume_;
  SparseCode pending_;
  FeatureColumns columns_;
};

}  // namespace featurescope
