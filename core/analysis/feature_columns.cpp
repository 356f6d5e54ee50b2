// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/feature_columns.h"

#include <cassert>
#include <utility>

namespace featurescope {

ColumnStream::ColumnStream(std::int64_t features, Limits limits, Consume consume)
    : limits_(limits), consume_(std::move(consume)) {
  pending_.features = features;
}

void ColumnStream::add(const SparseCode& code, std::span<const TokenId> tokens) {
  assert(std::cmp_equal(tokens.size(), code.rows()));
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const std::int64_t begin = code.indptr[row], end = code.indptr[row + 1];
    const bool full =
        pending_.nonZeros() + end - begin > limits_.nonZeros || pending_.rows() == limits_.rows;
    if (full && pending_.rows() > 0) handOn();
    pending_.indices.insert(pending_.indices.end(), code.indices.begin() + begin,
                            code.indices.begin() + end);
    pending_.values.insert(pending_.values.end(), code.values.begin() + begin,
                           code.values.begin() + end);
    pending_.indptr.push_back(pending_.nonZeros() + end - begin);
    columns_.tokens.push_back(tokens[row]);
  }
}

void ColumnStream::finish() {
  if (pending_.rows() > 0) handOn();
}

void ColumnStream::handOn() {
  // A counting sort by feature; it keeps the order of rows.
  columns_.starts.assign(static_cast<std::size_t>(pending_.features) + 1, 0);
  for (const std::int32_t feature : pending_.indices) {
    ++columns_.starts[static_cast<std::size_t>(feature) + 1];
  }
  for (std::size_t f = 1; f < columns_.starts.size(); ++f) {
    columns_.starts[f] += columns_.starts[f - 1];
  }
  std::vector<std::int64_t> ends(columns_.starts.begin(), columns_.starts.end() - 1);
  columns_.entries.resize(pending_.indices.size());
  for (std::size_t row = 0; row + 1 < pending_.indptr.size(); ++row) {
    for (auto i = static_cast<std::size_t>(pending_.indptr[row]);
         i < static_cast<std::size_t>(pending_.indptr[row + 1]); ++i) {
      std::int64_t& end = ends[static_cast<std::size_t>(pending_.indices[i])];
      columns_.entries[static_cast<std::size_t>(end++)] = {static_cast<std::int32_t>(row),
                                                           pending_.values[i]};
    }
  }
  consume_(columns_);

  columns_.first += pending_.rows();
  columns_.tokens.clear();
  pending_.indptr.resize(1);
  pending_.indices.clear();
  pending_.values.clear();
}

}  // namespace featurescope
