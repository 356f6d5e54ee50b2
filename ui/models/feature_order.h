// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/bridge/feature_columns.h"

#include <cstdint>
#include <span>
#include <vector>

namespace featurescope {

/// One key of an order; the first of several counts most.
struct SortKey {
  FeatureColumn column = FeatureColumn::Feature;
  bool descending = false;
  bool operator==(const SortKey&) const = default;
};

/// Orders `rows` of `columns` in place. Rows without a value come last either way; what is equal in
/// every key goes by feature id, ascending.
void sortRows(const FeatureColumns& columns, std::span<const SortKey> keys,
              std::vector<std::int32_t>& rows);

}  // namespace featurescope
