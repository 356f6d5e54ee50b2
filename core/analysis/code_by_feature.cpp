// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/code_by_feature.h"

#include <cassert>
#include <utility>

namespace featurescope {

ColumnStream::ColumnStream(std::int64_t features, Limits limits, Consume consume)
    : limits_(limits), consume_(std::move(consume)) {
  pending_.columns = features;
}

void ColumnStream::add(const SparseCode& code, std::span<const TokenId> tokens) {
  assert(std::cmp_equal(tokens.size(), code.rows()));
  std::size_t first = 0;
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const std::int64_t waiting = pending_.rows() + static_cast<std::int64_t>(row - first);
    const std::int64_t nonZeros = pending_.nonZeros() + code.indptr[row + 1] - code.indptr[first];
    if (waiting == 0 || (nonZeros <= limits_.nonZeros && waiting < limits_.rows)) continue;
    append(code, tokens, first, row);
    handOn();
    first = row;
  }
  append(code, tokens, first, tokens.size());
}

void ColumnStream::append(const SparseCode& code, std::span<const TokenId> tokens,
                          std::size_t first, std::size_t end) {
  const std::int64_t begin = code.indptr[first], moved = pending_.nonZeros() - begin;
  const std::int64_t last = code.indptr[end];
  for (std::size_t row = first; row < end; ++row) {
    pending_.indptr.push_back(code.indptr[row + 1] + moved);
  }
  pending_.indices.insert(pending_.indices.end(), code.indices.begin() + begin,
                          code.indices.begin() + last);
  pending_.values.insert(pending_.values.end(), code.values.begin() + begin,
                         code.values.begin() + last);
  columns_.tokens.insert(columns_.tokens.end(), tokens.begin() + static_cast<std::ptrdiff_t>(first),
                         tokens.begin() + static_cast<std::ptrdiff_t>(end));
}

void ColumnStream::finish() {
  if (pending_.rows() > 0) handOn();
}

void ColumnStream::handOn() {
  transpose(pending_, columns_.activations);
  consume_(columns_);

  columns_.first += pending_.rows();
  columns_.tokens.clear();
  pending_.indptr.resize(1);
  pending_.indices.clear();
  pending_.values.clear();
}

}  // namespace featurescope
