// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/kernels/parallel.h"
#include "core/kernels/sparse_code.h"
#include "core/kernels/sparse_matrix.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace featurescope {

/// A stretch of a stream of sparse codes, turned by feature: what is collected of a feature is
/// collected in one go, and of different features side by side.
struct CodeByFeature {
  Position first = 0;
  std::vector<TokenId> tokens;  ///< by row: the token at position first + row
  SparseMatrix activations;     ///< [M, rows], rows ascending within a feature

  [[nodiscard]] std::int32_t features() const {
    return static_cast<std::int32_t>(activations.rows());
  }

  /// Where one feature is active, and how strongly: rows[i] with values[i].
  struct Column {
    std::span<const std::int32_t> rows;
    std::span<const float> values;
  };
  [[nodiscard]] Column of(FeatureId feature) const {
    const auto f = static_cast<std::size_t>(feature.value);
    const auto begin = static_cast<std::size_t>(activations.indptr[f]);
    const auto count = static_cast<std::size_t>(activations.indptr[f + 1]) - begin;
    return {std::span(activations.indices).subspan(begin, count),
            std::span(activations.values).subspan(begin, count)};
  }

  /// Calls visit(f, column) of every feature, on all threads; each must write what is its own.
  template <class Visit>
  void forEachFeature(const Visit& visit) const {
    constexpr std::int64_t kBlock = 16;
    parallelBlocks(activations.rows(), kBlock, activations.nonZeros(),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t f = begin; f < end; ++f) {
                       visit(static_cast<std::size_t>(f),
                             of(FeatureId{static_cast<std::int32_t>(f)}));
                     }
                   });
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
  using Consume = std::function<void(const CodeByFeature& columns)>;

  ColumnStream(std::int64_t features, Limits limits, Consume consume);

  /// Row i of `code` is the token tokens[i], next in the stream.
  void add(const SparseCode& code, std::span<const TokenId> tokens);
  /// Hands on what is left.
  void finish();

 private:
  void append(const SparseCode& code, std::span<const TokenId> tokens, std::size_t first,
              std::size_t end);
  void handOn();

  Limits limits_;
  Consume consume_;
  SparseMatrix pending_;  ///< [rows, M]
  CodeByFeature columns_;
};

}  // namespace featurescope
